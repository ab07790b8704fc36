-- What the criteria judge: one row a screened patient and fact, catalogued in standards.study_fact.
-- is_applicable false: the question does not arise (no time zero to judge when nothing was given), the fact then counts as met.
-- All values empty and is_applicable true: unknown.
with cd19_product as (
    select
        index_infusion.usubjid,
        infusion.scfv_origin,
        infusion.generation_no,
        infusion.costimulatory_domain,
        infusion.signalling_domain,
        infusion.infused_date,
        infusion.record_id
    from {{ ref('index_infusion') }} as index_infusion
    inner join {{ ref('cart_course') }} as infusion
        on index_infusion.course_id = infusion.course_id and infusion.target_antigen = 'CD19'
),

age as (
    select
        index_infusion.usubjid,
        case
            when patient.birth_date <= index_infusion.failure_date
                then {{ completed_years('patient.birth_date', 'index_infusion.failure_date') }}
        end as age_years,
        index_infusion.failure_date,
        patient.record_id
    from {{ ref('index_infusion') }} as index_infusion
    left join {{ ref('stg_ehr__patient') }} as patient on index_infusion.usubjid = patient.usubjid
),

histology as (
    select
        candidate.usubjid,
        candidate.value_txt,
        candidate.evidence_date,
        candidate.record_id,
        row_number() over (
            partition by candidate.usubjid
            order by candidate.evidence_date desc, candidate.collected_at desc nulls last, candidate.seq desc, candidate.record_id desc
        ) as recency
    from {{ ref('baseline_candidate') }} as candidate
    inner join {{ ref('index_infusion') }} as index_infusion
        on candidate.usubjid = index_infusion.usubjid and candidate.evidence_date <= index_infusion.failure_date
    where candidate.item = 'histology_code'
),

concurrent as (
    select usubjid, count(*) as doses_count, min(given_date) as first_date, min(record_id) as record_id
    from {{ ref('concurrent_drug') }}
    group by usubjid
),

treated as (
    select usubjid, min(start_date) as first_date, min(record_id) as record_id
    from {{ ref('therapy_after_failure') }}
    group by usubjid
)

select usubjid, 'cd19_scfv_origin' as fact, true as is_applicable, cast(null as double) as value_num, scfv_origin as value_txt,
    cast(null as date) as value_date, infused_date as evidence_date, record_id, cast(null as varchar) as reason
from cd19_product
union all
select usubjid, 'cd19_generation_no', true, cast(generation_no as double), null, null, infused_date, record_id, null
from cd19_product
union all
select usubjid, 'cd19_costimulatory_domain', true, null, costimulatory_domain, null, infused_date, record_id, null
from cd19_product
union all
select usubjid, 'cd19_signalling_domain', true, null, signalling_domain, null, infused_date, record_id, null
from cd19_product
union all
select usubjid, 'is_cd19_failed', true, case when is_failed then 1 when not is_failed then 0 end, best_response_code, failure_date,
    failure_date, record_id, reason
from {{ ref('index_infusion') }}
union all
select usubjid, 'cd19_failure_date', true, null, null, failure_date, failure_date, record_id, null
from {{ ref('index_infusion') }}
union all
select
    index_infusion.usubjid,
    'time_zero_date',
    index_infusion.failure_date is null or index_therapy.usubjid is not null,
    null,
    null,
    case when index_therapy.adtf is null then index_therapy.start_date end,
    index_therapy.start_date,
    index_therapy.record_id,
    case when index_therapy.adtf is not null then 'start of therapy known in part only' end
from {{ ref('index_infusion') }} as index_infusion
left join {{ ref('index_therapy') }} as index_therapy on index_infusion.usubjid = index_therapy.usubjid
union all
select usubjid, 'age_years', true, age_years, null, null, failure_date, record_id, null
from age
union all
select index_infusion.usubjid, 'histology_code', true, null, histology.value_txt, null, histology.evidence_date, histology.record_id, null
from {{ ref('index_infusion') }} as index_infusion
left join histology on index_infusion.usubjid = histology.usubjid and histology.recency = 1
union all
select usubjid, 'prior_lines_count', true, prior_lines_count, null, null, last_prior_line_date, null, null
from {{ ref('prior_therapy') }}
union all
select index_infusion.usubjid, 'concurrent_drug_count', true, coalesce(concurrent.doses_count, 0), null, null, concurrent.first_date,
    concurrent.record_id, null
from {{ ref('index_infusion') }} as index_infusion
left join concurrent on index_infusion.usubjid = concurrent.usubjid
union all
select
    index_infusion.usubjid,
    'has_therapy_after_failure',
    true,
    case
        when index_infusion.failure_date is null then null
        when treated.usubjid is not null then 1
        else 0
    end,
    null,
    null,
    treated.first_date,
    treated.record_id,
    case when index_infusion.failure_date is not null and treated.usubjid is null then 'no therapy after failure' end
from {{ ref('index_infusion') }} as index_infusion
left join treated on index_infusion.usubjid = treated.usubjid
union all
select
    index_infusion.usubjid,
    'compared_group_code',
    true,
    null,
    case
        when index_therapy.group_code is not null then index_therapy.group_code
        when index_therapy.outside_reason is not null then 'outside'
        when index_infusion.failure_date is not null and index_therapy.usubjid is null then 'none'
    end,
    null,
    index_therapy.start_date,
    index_therapy.record_id,
    coalesce(
        index_therapy.outside_reason,
        case when index_infusion.failure_date is not null and index_therapy.usubjid is null then 'no therapy after failure' end
    )
from {{ ref('index_infusion') }} as index_infusion
left join {{ ref('index_therapy') }} as index_therapy on index_infusion.usubjid = index_therapy.usubjid
