-- Structured imaging reports that count as of the build: one row a report. Its lesions stand in stg_ris__target_lesion
-- and stg_ris__new_lesion.
select
    usubjid,
    report_no,
    version_no,
    report_status,
    modality_code,
    {{ wall_clock_to_utc('performed_at') }} as performed_at,
    cast(performed_at as date) as performed_date,
    {{ wall_clock_to_utc('reported_at') }} as reported_at,
    cast(reported_at as date) as reported_date,
    is_evaluable,
    deauville_code,
    uptake_change_code,
    suv_max,
    marrow_code,
    spleen_length_mm,
    nontarget_code,
    record_id
from {{ counted_row('ris_imaging_report') }}
