-- Flow cytometry that count as of the build: one row a measured population.
select
    usubjid,
    measurement_no,
    version_no,
    result_status,
    {{ known_code('lis_flow_cytometry', 'population_code') }} as population_code,
    value_text,
    unit_text,
    lloq,
    {{ known_code('lis_flow_cytometry', 'specimen_code') }} as specimen_code,
    {{ wall_clock_to_utc('collected_at') }} as collected_at,
    cast(collected_at as date) as collected_date,
    {{ wall_clock_to_utc('resulted_at') }} as resulted_at,
    cast(resulted_at as date) as resulted_date,
    record_id
from {{ counted_row('lis_flow_cytometry') }}
