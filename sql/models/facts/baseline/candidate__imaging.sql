-- Baseline candidate from imaging: the longest diameter of any lesion a study shows, measured or new, sure or not.
-- An evaluable study without a single size is no candidate.
with diameter as (
    select record_id, ldi_mm as diameter_mm from {{ ref('stg_ris__target_lesion') }}
    union all
    select record_id, sdi_mm from {{ ref('stg_ris__target_lesion') }}
    union all
    select record_id, longest_mm from {{ ref('stg_ris__new_lesion') }}
)

select
    study.usubjid,
    'max_lesion_mm' as item,
    cast(max(diameter.diameter_mm) as double) as value_num,
    cast(null as varchar) as value_txt,
    study.performed_date as evidence_date,
    study.performed_at as collected_at,
    study.report_no as source_no,
    'tr' as srcdom,
    study.record_id
from {{ ref('imaging_study') }} as study
inner join diameter on study.record_id = diameter.record_id
where study.is_evaluable and diameter.diameter_mm is not null
group by study.usubjid, study.performed_date, study.performed_at, study.report_no, study.record_id
