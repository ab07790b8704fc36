-- Drug administrations that count as of the build: one row a record.
select
    usubjid,
    administration_id,
    line_id,
    drug_code,
    dose_value,
    dose_unit,
    indication_code,
    administration_status,
    start_date,
    end_date,
    record_id
from {{ current_version('ehr_drug_administration', content=[
    'line_id', 'drug_code', 'dose_value', 'dose_unit', 'indication_code', 'administration_status', 'start_date',
    'end_date'
]) }}
