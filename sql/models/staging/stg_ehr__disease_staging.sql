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
from {{ counted_row('ehr_disease_staging') }}
