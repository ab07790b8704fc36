-- Staging that count as of the build: one row a record.
select
    usubjid,
    staging_id,
    assessed_date,
    {{ plausible('ehr_disease_staging', 'ann_arbor_stage') }} as ann_arbor_stage,
    {{ plausible('ehr_disease_staging', 'extranodal_sites_count') }} as extranodal_sites_count,
    is_marrow_involved,
    is_cns_involved,
    record_id
from {{ counted_row('ehr_disease_staging') }}
