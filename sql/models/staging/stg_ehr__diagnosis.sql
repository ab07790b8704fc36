-- Diagnoses that count as of the build: one row a record.
select
    usubjid,
    diagnosis_id,
    coalesce({{ mapped_code('ehr_diagnosis', 'icd10_code') }}, icd10_code) as icd10_code,
    diagnosed_date,
    record_id
from {{ counted_row('ehr_diagnosis') }}
