-- Neurological findings that count as of the build: one row a record.
select
    usubjid,
    finding_id,
    {{ wall_clock_to_utc('assessed_at') }} as assessed_at,
    cast(assessed_at as date) as assessed_date,
    {{ known_code('ehr_neuro_finding', 'finding_code') }} as finding_code,
    is_attributed,
    record_id
from {{ counted_row('ehr_neuro_finding') }}
