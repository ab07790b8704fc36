-- The days on which toxicity of the cells is looked for: day 0 to 30 of each CAR-T course, up to the data cut. A day belongs
-- to the last infusion on or before it, so a window ends the day before the next infusion. No syndrome lasts beyond death:
-- it ends with the day of death (a death recorded before the infusion itself is contradicted by it, and ends nothing).
with course as (
    select distinct cart.usubjid, cart.course_id, cart.infused_date
    from {{ ref('cart_course') }} as cart
),

followed as (
    select
        course.*,
        lead(infused_date) over (partition by usubjid order by infused_date) as next_infused_date
    from course
)

select
    followed.usubjid,
    followed.course_id,
    followed.infused_date,
    least(
        {{ add_days('followed.infused_date', 30) }},
        coalesce({{ add_days('followed.next_infused_date', -1) }}, build.data_cut_date),
        coalesce(death.death_date, build.data_cut_date),
        build.data_cut_date
    ) as last_date
from followed
left join {{ ref('death') }} as death
    on followed.usubjid = death.usubjid and death.death_date >= followed.infused_date
cross join {{ source('meta', 'build') }} as build
