-- The dated facts that start, end or censor endpoints, one row a subject and occurrence. origin_code: followup (derived here),
-- own (a model of the study's own, named like its fact), anchor (of a followed subject), fact (of the catalogue or the study's own,
-- unless a named day has its name: then that day is meant).
-- Named days and facts stand only where an endpoint names them; what follow-up derives stands under its own name always.
{% set derived = ['time_zero', 'first_response', 'new_therapy', 'imaging_pd', 'clinical_pd', 'adequate_assessment', 'assessment_gap',
    'last_alive', 'death'] -%}
with named as (
    select start_fact as fact from {{ source('study', 'endpoint') }}
    union
    select entry_fact from {{ source('study', 'endpoint') }}
    union
    select fact from {{ source('study', 'endpoint_source') }}
),

last_contact as (  -- latest_date is the day itself where fact_date is the cut
    select
        *,
        row_number() over (partition by usubjid order by latest_date desc, srcdom, srcvar, record_id) as recency
    from {{ ref('study_fact') }}
    where fact = 'contact'
)

select
    usubjid,
    'time_zero' as fact,
    'followup' as origin_code,
    time_zero_date as fact_date,
    cast(null as string) as adtf,
    cast(null as string) as value_txt,
    cast(null as string) as detail_code,
    srcdom,
    srcvar,
    record_id
from {{ ref('followed') }}
union all
select usubjid, 'first_response', 'followup', first_response_date, adtf, avalc, null, srcdom, srcvar, record_id
from {{ ref('first_response') }}
union all
select usubjid, 'new_therapy', 'followup', new_therapy_date, new_therapy_adtf, null, new_therapy_kind, new_therapy_srcdom,
    new_therapy_srcvar, new_therapy_record_id
from {{ ref('followed') }}
where new_therapy_date is not null
union all
select
    usubjid,
    case
        when assessment_kind_code = 'clinical' then 'clinical_pd'
        when avalc = 'PD' then 'imaging_pd'
        else 'adequate_assessment'
    end,
    'followup',
    assessment_date,
    adtf,
    avalc,
    assessment_kind_code,
    srcdom,
    srcvar,
    record_id
from {{ ref('followup_assessment') }}
where avalc = 'PD' or is_adequate
union all
select usubjid, 'death', 'followup', fact_date, adtf, value_txt, detail_code, srcdom, srcvar, record_id
from {{ ref('study_fact') }}
where fact = 'death'
union all
select usubjid, 'last_alive', 'followup', fact_date, null, null, null, srcdom, srcvar, record_id
from last_contact
where recency = 1
{% for model in var('own_endpoints', []) -%}
union all
select usubjid, '{{ model }}', 'own', fact_date, adtf, value_txt, detail_code, srcdom, srcvar, record_id
from {{ ref(model) }}
{% endfor -%}
union all
select
    anchor.usubjid, anchor.anchor, 'anchor', anchor.anchor_date, anchor.adtf, null, anchor.detail_code, anchor.srcdom, anchor.srcvar,
    anchor.record_id
from {{ ref('anchor') }} as anchor
inner join {{ ref('followed') }} as followed on anchor.usubjid = followed.usubjid
inner join named on anchor.anchor = named.fact
where anchor.anchor <> 'time_zero'
union all
select
    fact.usubjid, fact.fact, 'fact', fact.fact_date, fact.adtf, fact.value_txt, fact.detail_code, fact.srcdom, fact.srcvar,
    fact.record_id
from {{ ref('study_fact') }} as fact
inner join named on fact.fact = named.fact
left join (select distinct anchor from {{ ref('anchor_state') }}) as own on fact.fact = own.anchor
where own.anchor is null
    and fact.fact_date is not null
    and fact.fact not in ('{{ derived | join("', '") }}')
