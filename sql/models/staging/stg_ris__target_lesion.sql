-- Measured lesions of the reports that count: one row a report and lesion, more where a report lists a lesion twice.
select
    usubjid,
    report_no,
    performed_date,
    {{ lesion_label('lesion.lesion_code') }} as lesion_code,
    {{ known_code('ris_imaging_report', 'target_lesions.site_code', 'lesion.site_code') }} as site_code,
    {{ known_code('ris_imaging_report', 'target_lesions.lesion_kind', 'lesion.lesion_kind') }} as lesion_kind,
    {{ plausible('ris_imaging_report', 'target_lesions.ldi_mm', 'lesion.ldi_mm') }} as ldi_mm,
    {{ plausible('ris_imaging_report', 'target_lesions.sdi_mm', 'lesion.sdi_mm') }} as sdi_mm,
    nullif({{ lesion_label('lesion.part_of_lesion_code') }}, '') as part_of_lesion_code,
    record_id
from (
    select stg.usubjid, stg.report_no, stg.performed_date, stg.record_id, {{ explode('raw.target_lesions') }} as lesion
    from {{ ref('stg_ris__imaging_report') }} as stg
    inner join {{ source('raw', 'ris_imaging_report') }} as raw on stg.record_id = raw.record_id
) as measured
