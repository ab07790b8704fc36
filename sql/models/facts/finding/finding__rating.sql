-- Findings of rated responses that a data manager must see. One row a finding and record.
-- category_outside_criteria: the criteria by which was rated have no such category; the rating is not used.
-- rating_differs_from_lesions: rated by Lugano 2014, and the lesions of the same course say something else within 7 days (rated over
-- measured). The course is the last one that began before the rating; what cannot be judged agrees with everything. Each study says
-- which of the two it reads.
-- rating_after_death: the day that was rated lies after death.
with lugano as (
    select rating.usubjid, rating.rated_date, rating.avalc, rating.record_id, max(course.anchor_date) as anchor_date
    from {{ ref('rated_response') }} as rating
    inner join {{ ref('course') }} as course
        on rating.usubjid = course.usubjid and course.anchor_date < rating.rated_date
    where rating.criteria_code = 'lugano_2014' and rating.is_adequate
    group by rating.usubjid, rating.rated_date, rating.avalc, rating.record_id
)

select
    'category_outside_criteria' as finding_code,
    rating.usubjid,
    rating.record_id,
    rating.response_code as detail_code
from {{ ref('stg_ehr__rated_response') }} as rating
left join {{ ref('response_category') }} as category
    on rating.criteria_code = category.criteria_code and rating.response_code = category.category_code
where rating.response_code is not null and rating.criteria_code is not null and category.avalc is null
union all
select
    'rating_differs_from_lesions',
    lugano.usubjid,
    lugano.record_id,
    lugano.avalc || '_over_' || min(response.avalc)
from lugano
inner join {{ ref('course') }} as course
    on lugano.usubjid = course.usubjid and lugano.anchor_date = course.anchor_date
inner join {{ ref('timepoint_response') }} as response
    on course.course_id = response.course_id
    and response.is_adequate
    and abs({{ days_between('lugano.rated_date', 'response.response_date') }}) <= 7
group by lugano.usubjid, lugano.record_id, lugano.avalc
having sum(case when response.avalc = lugano.avalc then 1 else 0 end) = 0
union all
select 'rating_after_death', rating.usubjid, rating.record_id, cast(null as string)
from {{ ref('rated_response') }} as rating
inner join {{ ref('death') }} as death on rating.usubjid = death.usubjid and rating.rated_date > death.death_date
