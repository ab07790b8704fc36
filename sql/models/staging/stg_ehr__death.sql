-- Deaths that count as of the build: one row a record.
select
    usubjid,
    death_id,
    death_date,
    cause_code,
    record_id
from {{ counted_thing('ehr_death') }}
