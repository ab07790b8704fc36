-- What was decided when CD19 CAR-T had failed, one row a patient with a complete date of failure: intention to treat.
-- Eligible at failure: every part of every criterion is met but those about what was done after the failure.
-- Decided: for CD20 cells when they were ordered no later than the first non-bridging therapy began, whether or not they were
-- ever infused; the day is the order, or the failure when the order came first. Else for the compared therapy, on its first day.
-- Cells infused without a recorded order: the day of the decision is unknown, so there is none.
with failed as (
    select usubjid, anchor_date as failure_date, adtf
    from {{ ref('anchor') }}
    where anchor = 'cd19_failure'
),

at_failure as (
    select usubjid, min(case when status = 'met' then 1 else 0 end) = 1 as is_eligible
    from {{ ref('criterion_part') }}
    where item not in ('compared_therapy_date', 'has_therapy_after_failure', 'compared_group_code')
    group by usubjid
),

cd20_infusion as (
    select failed.usubjid, min(course.fact_date) as infused_date
    from failed
    inner join {{ ref('study_fact') }} as course
        on failed.usubjid = course.usubjid
        and course.fact = 'cart_course'
        and course.detail_code = 'cd20'
        and course.fact_date >= failed.failure_date
    group by failed.usubjid
),

decided as (
    select
        patient.usubjid,
        patient.failure_date,
        at_failure.is_eligible,
        cd20_infusion.infused_date,
        case
            when cd20_order.first_ordered_date <= coalesce(compared.start_date, cd20_order.first_ordered_date) then 'cd20'
            when compared.group_code = 'noncart' and compared.adtf is null then 'noncart'
        end as group_code,
        cd20_order.first_ordered_date,
        cd20_order.record_id as order_record_id,
        compared.start_date,
        compared.record_id as therapy_record_id
    from failed as patient
    inner join at_failure on patient.usubjid = at_failure.usubjid
    left join cd20_infusion on patient.usubjid = cd20_infusion.usubjid
    left join {{ ref('study_group') }} as compared on patient.usubjid = compared.usubjid
    left join {{ ref('cd20_order') }} as cd20_order on patient.usubjid = cd20_order.usubjid
    where patient.adtf is null
),

dated as (
    select
        *,
        case group_code when 'cd20' then greatest(first_ordered_date, failure_date) when 'noncart' then start_date end as day
    from decided
)

select
    dated.usubjid,
    dated.is_eligible as is_eligible_at_failure,
    dated.is_eligible and coalesce(dated.day <= last_day.value_date, false) as is_decided,
    dated.group_code as itt_group_code,
    dated.day as decision_date,
    case dated.group_code when 'cd20' then dated.order_record_id when 'noncart' then dated.therapy_record_id end as record_id,
    cast({{ days_between('dated.failure_date', 'dated.infused_date') }} as integer) as failure_to_cd20_days
from dated
cross join (select {{ study_parameter('time_zero_latest_date', 'date') }} as value_date) as last_day
