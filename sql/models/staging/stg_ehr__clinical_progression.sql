-- Clinical progression that count as of the build: one row a record.
select
    usubjid,
    progression_id,
    progressed_date,
    record_id
from {{ counted_row('ehr_clinical_progression') }}
