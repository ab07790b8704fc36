-- Targeted sequencing that count as of the build: one row a reported gene.
select
    usubjid,
    variant_no,
    version_no,
    result_status,
    coalesce(parent.counted_no, counted.report_no) as report_no,
    {{ known_code('lis_ngs', 'gene_code') }} as gene_code,
    {{ known_code('lis_ngs', 'ngs_result') }} as ngs_result,
    hgvs_text,
    {{ plausible('lis_ngs', 'vaf_percent') }} as vaf_percent,
    {{ wall_clock_to_utc('collected_at') }} as collected_at,
    cast(collected_at as date) as collected_date,
    {{ wall_clock_to_utc('resulted_at') }} as resulted_at,
    cast(resulted_at as date) as resulted_date,
    record_id
from {{ counted_row('lis_ngs') }}
{{ parent_number('lis_pathology', 'report_no') }}
