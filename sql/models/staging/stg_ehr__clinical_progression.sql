-- Clinical progression that count as of the build: one row a record.
select
    usubjid,
    progression_id,
    progressed_date,
    record_id
from {{ current_version('ehr_clinical_progression', content=[
    'progressed_date'
]) }}
