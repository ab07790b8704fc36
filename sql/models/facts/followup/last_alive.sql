-- Last date known alive: the latest dated contact in any feed up to the data cut, with the record that shows it.
select usubjid, contact_date as last_alive_date, srcdom, srcvar, record_id
from (
    select
        contact.*,
        row_number() over (partition by usubjid order by contact_date desc, srcdom, srcvar, record_id) as recency
    from {{ ref('contact') }} as contact
) as ranked
where recency = 1
