-- Lines of therapy that count as of the build: one row a record.
select
    usubjid,
    line_id,
    intent_code,
    regimen_name,
    cycles_count,
    start_date,
    end_date,
    record_id
from {{ counted_thing('ehr_therapy_line') }}
