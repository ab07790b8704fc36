-- Failure of the CD19 cells of everybody who was eligible then, whatever therapy followed.
select
    failure.usubjid,
    failure.anchor_date as fact_date,
    failure.adtf,
    cast(null as string) as value_txt,
    failure.detail_code,
    failure.srcdom,
    failure.srcvar,
    failure.record_id
from {{ ref('anchor') }} as failure
inner join {{ ref('treatment_decision') }} as decision on failure.usubjid = decision.usubjid
where failure.anchor = 'cd19_failure' and decision.is_eligible_at_failure
