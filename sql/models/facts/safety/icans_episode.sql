-- Neurotoxicity (ICANS) of each CAR-T course: the grade derived from ICE scores and findings beside the one the clinician
-- recorded. The derived grade is known only if the least and the greatest it can be over all days agree; no recorded ICANS
-- is grade 0 only if the course was watched at all.
with derived as (
    select
        course_id,
        max(least_grade) as least_grade,
        max(greatest_grade) as greatest_grade,
        min(case when least_grade >= 1 then assess_date end) as onset_date,
        max(case when least_grade >= 1 then assess_date end) as end_date
    from {{ ref('icans_day') }}
    group by course_id
)

select
    course.usubjid,
    course.course_id,
    course.infused_date,
    case when derived.least_grade = derived.greatest_grade then derived.least_grade end as derived_grade,
    derived.least_grade,
    derived.greatest_grade,
    derived.onset_date,
    derived.end_date,
    case when recorded.course_id is null and watched.course_id is not null then 0 else recorded.recorded_grade end
        as recorded_grade,
    recorded.record_id
from {{ ref('cart_window') }} as course
left join derived on course.course_id = derived.course_id
left join {{ ref('recorded_toxicity') }} as recorded
    on course.course_id = recorded.course_id and recorded.term_code = 'icans'
left join {{ ref('watched_course') }} as watched on course.course_id = watched.course_id
