-- Cytokines and ferritin in the window (day 0 to 30) of each CAR-T course: one row a result. A value reported as `<limit`
-- stands with its limit, marked by the comparator.
select
    course.usubjid,
    course.course_id,
    lab.lbtestcd,
    lab.collected_date,
    cast({{ days_between('course.infused_date', 'lab.collected_date') }} as integer) as days_since_infusion,
    lab.value,
    lab.comparator,
    lab.unit,
    lab.record_id,
    lab.seq
from {{ ref('cart_window') }} as course
inner join {{ ref('lab_value') }} as lab
    on course.usubjid = lab.usubjid
    and lab.collected_date between course.infused_date and course.last_date
where lab.lbtestcd in ('IL6', 'TNFA', 'IL10', 'FERRITN')
