-- Cytokine release syndrome of each CAR-T course: the grade derived from the signs beside the one the clinician recorded.
-- Without one measured temperature in the window nothing can be derived; no recorded CRS is grade 0 only if the course was
-- watched at all.
with measured as (
    select course.course_id
    from {{ ref('cart_window') }} as course
    inner join {{ ref('stg_ehr__vital_sign') }} as vital
        on course.usubjid = vital.usubjid
        and vital.measured_date between course.infused_date and course.last_date
    where vital.temperature_cel is not null
    group by course.course_id
),

derived as (
    select
        course_id,
        max(grade) as grade,
        min(assess_date) as onset_date,
        max(assess_date) as end_date
    from {{ ref('crs_day') }}
    group by course_id
)

select
    course.usubjid,
    course.course_id,
    course.infused_date,
    cast(case when measured.course_id is not null then coalesce(derived.grade, 0) end as integer) as derived_grade,
    derived.onset_date,
    derived.end_date,
    case when recorded.course_id is null and watched.course_id is not null then 0 else recorded.recorded_grade end
        as recorded_grade,
    recorded.record_id
from {{ ref('cart_window') }} as course
left join measured on course.course_id = measured.course_id
left join derived on course.course_id = derived.course_id
left join {{ ref('recorded_toxicity') }} as recorded
    on course.course_id = recorded.course_id and recorded.term_code = 'crs'
left join {{ ref('watched_course') }} as watched on course.course_id = watched.course_id
