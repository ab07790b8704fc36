-- Does a study show a new lesion? One row an evaluable study. An equivocal lesion never counts.
-- On CT: a node over 15 mm in any axis, or an extranodal lesion of any size (up to 10 mm it counts because the reader is
-- sure of lymphoma, above 10 mm anyway). A new node of normal size is no new lesion, and does not stand against a response.
-- On PET: any new focus that takes up the tracer.
select
    study.usubjid,
    study.record_id,
    max(case
        when lesion.is_equivocal then 0
        when lesion.lesion_kind = 'extranodal' then 1
        when lesion.longest_mm > {{ lugano('node_ldi_mm') }} then 1
        else 0
    end) = 1 as has_ct_new_lesion,
    max(case
        when study.scan_kind = 'PET' and lesion.is_fdg_avid and not lesion.is_equivocal then 1 else 0
    end) = 1 as has_pet_new_lesion
from {{ ref('imaging_study') }} as study
left join {{ ref('stg_ris__new_lesion') }} as lesion on study.record_id = lesion.record_id
where study.is_evaluable
group by study.usubjid, study.record_id
