-- Procedures that count as of the build: one row a record.
select
    usubjid,
    procedure_id,
    procedure_code,
    performed_date,
    end_date,
    dose_gy,
    record_id
from {{ counted_row('ehr_procedure') }}
