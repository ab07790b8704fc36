-- The dated facts that start, end or censor endpoints, one row a patient and occurrence, up to the data cut.
with dated as (
    select
        usubjid,
        'time_zero' as fact,
        time_zero_date as fact_date,
        cast(null as varchar) as adtf,
        srcdom,
        srcvar,
        record_id
    from {{ ref('followed') }}
    union all
    select anchor.usubjid, 'cd19_failure', anchor.anchor_date, null, 'rs', 'rsdtc', anchor.record_id
    from {{ ref('anchor') }} as anchor
    inner join {{ ref('treatment_decision') }} as decision on anchor.usubjid = decision.usubjid
    where anchor.anchor = 'cd19_failure' and decision.is_eligible_at_failure
    union all
    select
        usubjid,
        'treatment_decision',
        decision_date,
        null,
        case itt_group_code when 'cd20' then 'ex' else 'cm' end,
        case itt_group_code when 'cd20' then 'exstdtc' else 'cmstdtc' end,
        record_id
    from {{ ref('treatment_decision') }}
    where is_decided
    union all
    select usubjid, 'first_response', first_response_date, null, 'rs', 'rsdtc', record_id
    from {{ ref('first_response') }}
    union all
    select
        usubjid,
        'new_therapy',
        new_therapy_date,
        new_therapy_adtf,
        case new_therapy_kind when 'cart' then 'ex' when 'line' then 'cm' when 'drug' then 'cm' else 'pr' end,
        case new_therapy_kind when 'cart' then 'exstdtc' when 'line' then 'cmstdtc' when 'drug' then 'cmstdtc' else 'prstdtc' end,
        new_therapy_record_id
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
        assessment_date,
        adtf,
        'rs',
        'rsdtc',
        record_id
    from {{ ref('followup_assessment') }}
    where avalc = 'PD' or is_adequate
    union all
    select usubjid, 'death', death_date, adtf, srcdom, srcvar, record_id
    from {{ ref('death') }}
    union all
    select usubjid, 'last_alive', last_alive_date, null, srcdom, srcvar, record_id
    from {{ ref('last_alive') }}
)

select dated.*
from dated
cross join {{ source('meta', 'build') }} as build
where dated.fact_date <= build.data_cut_date
