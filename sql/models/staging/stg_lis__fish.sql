-- FISH rearrangements that count as of the build: one row a probe.
select
    usubjid,
    probe_no,
    version_no,
    result_status,
    coalesce(parent.counted_no, counted.report_no) as report_no,
    {{ known_code('lis_fish', 'gene_code') }} as gene_code,
    {{ known_code('lis_fish', 'fish_result') }} as fish_result,
    {{ wall_clock_to_utc('collected_at') }} as collected_at,
    cast(collected_at as date) as collected_date,
    {{ wall_clock_to_utc('resulted_at') }} as resulted_at,
    cast(resulted_at as date) as resulted_date,
    record_id
from {{ counted_row('lis_fish') }}
{{ parent_number('lis_pathology', 'report_no') }}
