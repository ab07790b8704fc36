-- The CD19 infusion that the study follows, one row a screened patient: the first whose course failed (its window closes
-- with the next CD19 infusion), else the last.
with ranked as (
    select
        *,
        row_number() over (
            partition by usubjid
            order by
                case when is_failed then 0 else 1 end,
                case when is_failed then target_infusion_no else -target_infusion_no end
        ) as choice
    from {{ ref('cart_course_failure') }}
    where target_antigen = 'CD19'
)

select
    usubjid,
    course_id,
    infused_date,
    best_response_code,
    is_failed,
    failure_type_code,
    failure_date,
    adtf,
    reason,
    record_id
from ranked
where choice = 1
