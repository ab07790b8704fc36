-- Deaths that count as of the build: one row a record.
select
    usubjid,
    death_id,
    death_date,
    cause_code,
    record_id
from {{ current_version('ehr_death', content=[
    'death_date', 'cause_code'
]) }}
