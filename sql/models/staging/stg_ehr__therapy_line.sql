-- Lines of therapy that count as of the build: one row a record.
select
    usubjid,
    line_id,
    {{ known_code('ehr_therapy_line', 'intent_code') }} as intent_code,
    regimen_name,
    {{ plausible('ehr_therapy_line', 'cycles_count') }} as cycles_count,
    start_date,
    end_date,
    record_id
from {{ counted_thing('ehr_therapy_line') }}
