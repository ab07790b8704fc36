-- Contacts that count as of the build: one row a record.
select
    usubjid,
    contact_id,
    contact_date,
    {{ known_code('ehr_contact', 'contact_code') }} as contact_code,
    record_id
from {{ counted_row('ehr_contact') }}
