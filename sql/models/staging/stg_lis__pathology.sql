-- Pathology reports that count as of the build: one row a biopsy report.
select
    usubjid,
    report_no,
    version_no,
    result_status,
    {{ known_code('lis_pathology', 'histology_code') }} as histology_code,
    specimen_site,
    {{ wall_clock_to_utc('collected_at') }} as collected_at,
    cast(collected_at as date) as collected_date,
    {{ wall_clock_to_utc('resulted_at') }} as resulted_at,
    cast(resulted_at as date) as resulted_date,
    record_id
from {{ counted_thing('lis_pathology') }}
