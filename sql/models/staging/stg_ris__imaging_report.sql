-- Structured imaging reports that count as of the build: one row a report. Its lesions stand in stg_ris__target_lesion
-- and stg_ris__new_lesion. visit_date: a study that runs over midnight is one visit: where a report of the same accession number
-- has images of the day before, that day.
select
    usubjid,
    report_no,
    version_no,
    report_status,
    {{ known_code('ris_imaging_report', 'modality_code') }} as modality_code,
    {{ wall_clock_to_utc('performed_at') }} as performed_at,
    cast(performed_at as date) as performed_date,
    case
        when {{ days_between('first_date', 'performed_at') }} = 1 then first_date
        else cast(performed_at as date)
    end as visit_date,
    {{ wall_clock_to_utc('reported_at') }} as reported_at,
    cast(reported_at as date) as reported_date,
    is_evaluable,
    {{ known_code('ris_imaging_report', 'deauville_code') }} as deauville_code,
    {{ known_code('ris_imaging_report', 'uptake_change_code') }} as uptake_change_code,
    {{ plausible('ris_imaging_report', 'suv_max') }} as suv_max,
    {{ known_code('ris_imaging_report', 'marrow_code') }} as marrow_code,
    {{ plausible('ris_imaging_report', 'spleen_length_mm') }} as spleen_length_mm,
    {{ known_code('ris_imaging_report', 'nontarget_code') }} as nontarget_code,
    record_id
from (
    select *, min(cast(performed_at as date)) over (partition by usubjid, study_no) as first_date
    from {{ counted_row('ris_imaging_report') }}
) as report
