-- The latest contact of every patient in any feed, whatever a data cut makes of it, with the record that shows it.
select usubjid, contact_date, srcdom, srcvar, record_id
from (
    select
        contact.*,
        row_number() over (
            partition by usubjid order by contact_date desc, srcdom, srcvar, record_id
        ) as recency
    from {{ ref('contact') }} as contact
    where contact.is_past
) as ranked
where recency = 1
