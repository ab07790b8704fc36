-- Measured lesions: longest and perpendicular diameter and their product, one row a study and lesion.
-- Not here: a lesion the reader could not measure (a diameter is missing) and studies that are not evaluable.
-- A lesion no longer visible is 0 x 0. A lesion listed twice in one report counts with its larger diameters.
with sized as (
    select
        study.usubjid,
        study.record_id,
        lesion.lesion_code,
        max(lesion.lesion_kind) as lesion_kind,
        max(cast(lesion.ldi_mm as decimal(9, 2))) as ldi_mm,
        max(case when lesion.ldi_mm = 0 then 0 else cast(lesion.sdi_mm as decimal(9, 2)) end) as sdi_mm
    from {{ ref('stg_ris__target_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
    where study.is_evaluable
    group by study.usubjid, study.record_id, lesion.lesion_code
)

select
    usubjid,
    record_id,
    lesion_code,
    lesion_kind,
    ldi_mm,
    sdi_mm,
    cast(ldi_mm * sdi_mm as decimal(18, 4)) as ppd_mm2
from sized
where ldi_mm is not null and sdi_mm is not null
