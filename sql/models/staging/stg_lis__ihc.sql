-- Immunohistochemistry that count as of the build: one row a stain.
select
    usubjid,
    stain_no,
    version_no,
    result_status,
    coalesce(parent.counted_no, counted.report_no) as report_no,
    {{ known_code('lis_ihc', 'marker_code') }} as marker_code,
    {{ plausible('lis_ihc', 'positive_percent') }} as positive_percent,
    {{ wall_clock_to_utc('collected_at') }} as collected_at,
    cast(collected_at as date) as collected_date,
    {{ wall_clock_to_utc('resulted_at') }} as resulted_at,
    cast(resulted_at as date) as resulted_date,
    record_id
from {{ counted_row('lis_ihc') }}
{{ parent_number('lis_pathology', 'report_no') }}
