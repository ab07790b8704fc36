-- Contacts that count as of the build: one row a record.
select
    usubjid,
    contact_id,
    contact_date,
    {{ known_code('contact_code', 'contact') }} as contact_code,
    record_id
from {{ counted_row('ehr_contact') }}
