-- Laboratory results that count as of the build: one row a result.
select
    usubjid,
    result_no,
    version_no,
    result_status,
    loinc_code,
    local_code,
    value_text,
    unit_text,
    reference_low,
    reference_high,
    {{ known_code('lis_lab_result', 'specimen_code') }} as specimen_code,
    specimen_code is not null and {{ known_code('lis_lab_result', 'specimen_code') }} is null as is_specimen_unknown,
    {{ wall_clock_to_utc('collected_at') }} as collected_at,
    cast(collected_at as date) as collected_date,
    {{ wall_clock_to_utc('resulted_at') }} as resulted_at,
    cast(resulted_at as date) as resulted_date,
    record_id
from {{ counted_row('lis_lab_result') }}
