-- Procedures that count as of the build: one row a record.
select
    usubjid,
    procedure_id,
    {{ known_code('ehr_procedure', 'procedure_code') }} as procedure_code,
    performed_date,
    end_date,
    {{ plausible('ehr_procedure', 'dose_gy') }} as dose_gy,
    record_id
from {{ counted_row('ehr_procedure') }}
