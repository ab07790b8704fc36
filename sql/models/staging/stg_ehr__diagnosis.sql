-- Diagnoses that count as of the build: one row a record.
select
    usubjid,
    diagnosis_id,
    icd10_code,
    diagnosed_date,
    record_id
from {{ current_version('ehr_diagnosis', content=[
    'icd10_code', 'diagnosed_date'
]) }}
