-- Every screened patient for whom CD20 cells were ordered, and how far they came: intention to treat, one row a patient.
--   not_manufactured   no harvest reached the least dose
--   not_infused        manufactured, never infused
--   not_compared       infused, but after another therapy or in a patient who is not included
--   compared           infused as the therapy of the CD20 group
-- Therapy while waiting starts from the order to the day before the infusion; without one within the longest bridging time.
with infused as (
    select usubjid, min(fact_date) as infused_date
    from {{ ref('study_fact') }}
    where fact = 'cart_course' and detail_code = 'cd20'
    group by usubjid
),

waiting as (
    select distinct cd20_order.usubjid
    from {{ ref('cd20_order') }} as cd20_order
    inner join {{ ref('therapy_after_failure') }} as therapy
        on cd20_order.usubjid = therapy.usubjid
        and therapy.kind <> 'cart'
        and therapy.start_date >= cd20_order.first_ordered_date
    cross join (select {{ study_parameter('bridging_max_days') }} as value_num) as longest
    left join infused on cd20_order.usubjid = infused.usubjid
    where case
        when infused.infused_date is not null then therapy.start_date < infused.infused_date
        else {{ days_between('cd20_order.first_ordered_date', 'therapy.start_date') }} <= longest.value_num
    end
)

select
    cd20_order.usubjid,
    cd20_order.first_ordered_date,
    infused.infused_date as first_infused_date,
    cast({{ days_between('cd20_order.first_ordered_date', 'infused.infused_date') }} as integer) as order_to_infusion_days,
    waiting.usubjid is not null as has_therapy_while_waiting,
    case
        when followed.usubjid is not null then 'compared'
        when infused.usubjid is not null then 'not_compared'
        when cd20_order.is_manufactured then 'not_infused'
        else 'not_manufactured'
    end as cd20_order_end_code
from {{ ref('cd20_order') }} as cd20_order
left join infused on cd20_order.usubjid = infused.usubjid
left join waiting on cd20_order.usubjid = waiting.usubjid
left join {{ ref('followed') }} as followed on cd20_order.usubjid = followed.usubjid and followed.group_code = 'cd20'
