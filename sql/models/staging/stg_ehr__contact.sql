-- Contacts that count as of the build: one row a record.
select
    usubjid,
    contact_id,
    contact_date,
    contact_code,
    record_id
from {{ current_version('ehr_contact', content=[
    'contact_date', 'contact_code'
]) }}
