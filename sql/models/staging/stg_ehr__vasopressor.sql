-- Vasopressors that count as of the build: one row a record.
select
    usubjid,
    vasopressor_id,
    {{ known_code('ehr_vasopressor', 'drug_code') }} as drug_code,
    {{ wall_clock_to_utc('started_at') }} as started_at,
    cast(started_at as date) as started_date,
    {{ wall_clock_to_utc('stopped_at') }} as stopped_at,
    cast(stopped_at as date) as stopped_date,
    has_other_cause,
    record_id
from {{ counted_row('ehr_vasopressor') }}
