-- Imaging reports up to the data cut, one row a report, as its counting version tells it.
-- A report whose reader could not judge the images (is_evaluable false) keeps its row and loses its measurements.
-- A report of a modality that is not understood (a finding) tells no response; a study over midnight is of the day it began.
select
    study.usubjid,
    study.record_id,
    study.report_no,
    study.visit_date as performed_date,
    study.performed_at,
    case when study.modality_code = 'PET_CT' then 'PET' else 'CT' end as scan_kind,
    study.is_evaluable,
    case when study.is_evaluable then study.deauville_code end as deauville_code,
    case when study.is_evaluable then study.uptake_change_code end as uptake_change_code,
    case when study.is_evaluable then try_cast(study.suv_max as decimal(9, 3)) end as suv_max,
    case when study.is_evaluable then study.marrow_code end as marrow_code,
    case when study.is_evaluable then study.nontarget_code end as nontarget_code,
    case when study.is_evaluable then try_cast(study.spleen_length_mm as decimal(9, 2)) end as spleen_mm
from {{ ref('stg_ris__imaging_report') }} as study
cross join {{ source('meta', 'build') }} as build
where study.performed_date <= build.data_cut_date and study.modality_code is not null
