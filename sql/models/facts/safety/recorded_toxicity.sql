-- CRS and ICANS as the clinician recorded them in the window of each CAR-T course: one row a course and term. What is put
-- down to a drug, the disease or something else is left out; a partly known onset counts if it can lie in the window, and is
-- not before the infusion then. Beside an event without a grade the worst grade is not known, unless it is severe (3) already.
select
    course.usubjid,
    course.course_id,
    event.term_code,
    cast(case
        when count(event.toxicity_grade) = count(*) or max(event.toxicity_grade) >= 3 then max(event.toxicity_grade)
    end as integer) as recorded_grade,
    min(greatest({{ impute_first('event.onset_date') }}, course.infused_date)) as onset_date,
    min(event.record_id) as record_id
from {{ ref('cart_window') }} as course
inner join {{ ref('stg_ehr__adverse_event') }} as event
    on course.usubjid = event.usubjid
    and {{ impute_first('event.onset_date') }} <= course.last_date
    and {{ impute_last('event.onset_date') }} >= course.infused_date
where event.term_code in ('crs', 'icans')
    and coalesce(event.attribution_code, 'unknown') in ('cart', 'unknown')
group by course.usubjid, course.course_id, event.term_code
