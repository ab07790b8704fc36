-- Did this CAR-T infusion fail, as far as is known up to the data cut? One row a course and target antigen.
select
    usubjid,
    course_id,
    target_antigen,
    target_infusion_no,
    infused_date,
    next_therapy_date,
    best_response_code,
    is_failed,
    failure_type_code,
    failure_date,
    adtf,
    reason,
    record_id
from {{ ref('cart_course_state') }}
where superseded_date is null
