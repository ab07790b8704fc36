-- Deaths that count as of the build: one row a record.
select
    usubjid,
    death_id,
    death_date,
    {{ known_code('ehr_death', 'cause_code') }} as cause_code,
    record_id
from {{ counted_thing('ehr_death') }}
