-- Baseline of each test for each course: the last measured value from before the course starts. Nobody records the hour of
-- an infusion, so of its own day the first sample counts as before it (blood is drawn before cells are given), and every
-- later one of that day as after.
with last_value as (
    -- seq follows time within the subject, so the highest is the last
    select
        course.course_id,
        course.usubjid,
        lab.lbtestcd,
        coalesce(
            min(case when lab.collected_date = course.anchor_date then lab.seq end), max(lab.seq)
        ) as seq
    from {{ ref('course') }} as course
    inner join {{ ref('lab_value') }} as lab
        on course.usubjid = lab.usubjid and lab.collected_date <= course.anchor_date
    where lab.comparator = '='
    group by course.course_id, course.usubjid, lab.lbtestcd
)

select
    last_value.usubjid,
    last_value.course_id,
    last_value.lbtestcd,
    lab.collected_date,
    lab.value,
    lab.unit,
    lab.low,
    lab.high,
    lab.record_id,
    lab.seq
from last_value
inner join {{ ref('lab_value') }} as lab on last_value.usubjid = lab.usubjid and last_value.seq = lab.seq
