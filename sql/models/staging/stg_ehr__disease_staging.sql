-- Staging that count as of the build: one row a record.
select
    usubjid,
    staging_id,
    assessed_date,
    ann_arbor_stage,
    extranodal_sites_count,
    is_marrow_involved,
    is_cns_involved,
    record_id
from {{ current_version('ehr_disease_staging', content=[
    'assessed_date', 'ann_arbor_stage', 'extranodal_sites_count', 'is_marrow_involved', 'is_cns_involved'
]) }}
