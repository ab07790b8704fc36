-- Cytokine release syndrome of each CAR-T course: the grade derived from the signs beside the one the clinician recorded.
-- Without one measured temperature in the window nothing can be derived; no recorded CRS is grade 0 only if the course was
-- watched at all.
-- What could not be read (crs_unread) may be worse: the derived grade is known only where the least and the greatest it can be
-- agree. A temperature that could not be read may be the fever that makes every other sign count; without one, what cannot be
-- read counts from the first day with the syndrome on.
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
),

worst_sign as (
    select course_id, max(grade) as grade
    from {{ ref('crs_sign') }}
    group by course_id
),

unread as (
    select
        unread.course_id,
        max(case when unread.sign_code = 'fever' then 1 else 0 end) = 1 as has_unread_temperature,
        max(unread.greatest_grade) as greatest_grade,
        max(case when unread.assess_date >= derived.onset_date then unread.greatest_grade end) as later_greatest_grade
    from {{ ref('crs_unread') }} as unread
    left join derived on unread.course_id = derived.course_id
    group by unread.course_id
),

bounded as (
    select
        course.*,
        derived.onset_date,
        derived.end_date,
        case when measured.course_id is not null then coalesce(derived.grade, 0) end as least_grade,
        case
            when measured.course_id is null then null
            when unread.has_unread_temperature
                then greatest(coalesce(derived.grade, 0), coalesce(worst_sign.grade, 0), unread.greatest_grade)
            else greatest(coalesce(derived.grade, 0), coalesce(unread.later_greatest_grade, 0))
        end as greatest_grade
    from {{ ref('cart_window') }} as course
    left join measured on course.course_id = measured.course_id
    left join derived on course.course_id = derived.course_id
    left join worst_sign on course.course_id = worst_sign.course_id
    left join unread on course.course_id = unread.course_id
)

select
    bounded.usubjid,
    bounded.course_id,
    bounded.infused_date,
    cast(case when bounded.least_grade = bounded.greatest_grade then bounded.least_grade end as integer) as derived_grade,
    cast(bounded.least_grade as integer) as least_grade,
    cast(bounded.greatest_grade as integer) as greatest_grade,
    bounded.onset_date,
    bounded.end_date,
    case when recorded.course_id is null and watched.course_id is not null then 0 else recorded.recorded_grade end
        as recorded_grade,
    recorded.record_id
from bounded
left join {{ ref('recorded_toxicity') }} as recorded
    on bounded.course_id = recorded.course_id and recorded.term_code = 'crs'
left join {{ ref('watched_course') }} as watched on bounded.course_id = watched.course_id
