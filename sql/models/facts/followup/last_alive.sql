-- Last date known alive: the latest contact in any feed, or the data cut when that is earlier, with the record that shows
-- it. All contacts are looked at before the earlier of the two is taken: a visit after the cut proves the patient alive at
-- it, and so does a death after it.
with sign_of_life as (
    select usubjid, contact_date, srcdom, srcvar, record_id
    from {{ ref('last_contact') }}
    union all
    select death.usubjid, death.death_date, death.srcdom, death.srcvar, death.record_id
    from {{ ref('death_record') }} as death
    cross join {{ source('meta', 'build') }} as build
    where death.is_counted and death.death_date > build.data_cut_date
),

ranked as (
    select
        sign_of_life.*,
        row_number() over (partition by usubjid order by contact_date desc, srcdom, srcvar, record_id) as recency
    from sign_of_life
)

select
    ranked.usubjid,
    least(ranked.contact_date, build.data_cut_date) as last_alive_date,
    ranked.srcdom,
    ranked.srcvar,
    ranked.record_id
from ranked
cross join {{ source('meta', 'build') }} as build
where ranked.recency = 1
