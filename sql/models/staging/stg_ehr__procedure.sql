-- Procedures that count as of the build: one row a record.
select
    usubjid,
    procedure_id,
    procedure_code,
    performed_date,
    end_date,
    dose_gy,
    record_id
from {{ current_version('ehr_procedure', content=[
    'procedure_code', 'performed_date', 'end_date', 'dose_gy'
]) }}
