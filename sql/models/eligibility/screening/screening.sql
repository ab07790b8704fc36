-- One row a screened patient: included when every criterion is met; else the first one that is not met or not evaluable.
with first_failed as (
    select usubjid, min(seq) as seq
    from {{ ref('criterion_result') }}
    where status <> 'met'
    group by usubjid
)

select
    patient.usubjid,
    first_failed.usubjid is null as is_included,
    result.criterion_id as primary_criterion_id,
    result.status as primary_status,
    result.reason as primary_reason
from {{ ref('screened') }} as patient
left join first_failed on patient.usubjid = first_failed.usubjid
left join {{ ref('criterion_result') }} as result
    on first_failed.usubjid = result.usubjid and first_failed.seq = result.seq
