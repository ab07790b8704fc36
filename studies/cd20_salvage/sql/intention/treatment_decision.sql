-- What was decided when CD19 CAR-T had failed, one row a patient with a complete date of failure: intention to treat.
-- Eligible at failure: every part of every criterion is met but those about what was done after the failure.
-- Decided: for CD20 cells when they were ordered no later than the first non-bridging therapy began, whether or not they were
-- ever infused; the day is the order, or the failure when the order came first. Else for the compared therapy, on its first day.
-- Cells infused without a recorded order: the day of the decision is unknown, so there is none.
with at_failure as (
    select usubjid, min(case when status = 'met' then 1 else 0 end) = 1 as is_eligible
    from {{ ref('criterion_part') }}
    where fact not in ('time_zero_date', 'has_therapy_after_failure', 'compared_group_code')
    group by usubjid
),

cd20_infusion as (
    select index_infusion.usubjid, min(course.infused_date) as infused_date
    from {{ ref('index_infusion') }} as index_infusion
    inner join {{ ref('cart_course') }} as course
        on index_infusion.usubjid = course.usubjid
        and course.target_antigen = 'CD20'
        and course.infused_date >= index_infusion.failure_date
    group by index_infusion.usubjid
),

decided as (
    select
        patient.usubjid,
        patient.failure_date,
        at_failure.is_eligible,
        cd20_infusion.infused_date,
        case
            when cd20_order.first_ordered_date <= coalesce(index_therapy.start_date, cd20_order.first_ordered_date) then 'cd20'
            when index_therapy.group_code = 'noncart' and index_therapy.adtf is null then 'noncart'
        end as group_code,
        cd20_order.first_ordered_date,
        cd20_order.record_id as order_record_id,
        index_therapy.start_date,
        index_therapy.record_id as therapy_record_id
    from {{ ref('index_infusion') }} as patient
    inner join at_failure on patient.usubjid = at_failure.usubjid
    left join cd20_infusion on patient.usubjid = cd20_infusion.usubjid
    left join {{ ref('index_therapy') }} as index_therapy on patient.usubjid = index_therapy.usubjid
    left join {{ ref('cd20_order') }} as cd20_order on patient.usubjid = cd20_order.usubjid
    where patient.failure_date is not null and patient.adtf is null
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
