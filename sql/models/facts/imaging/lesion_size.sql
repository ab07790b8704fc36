-- Measured lesions: longest and perpendicular diameter and their product, one row a patient, day and lesion, from all reports
-- of the day: a lesion measured twice counts with its larger product.
-- The longer diameter is the longest, whichever column it came in. A lesion no longer visible is 0 x 0.
-- Not here: a lesion without both diameters (or with only one of them 0), and studies that are not evaluable.
with sized as (
    select
        study.usubjid,
        study.performed_date,
        study.record_id,
        lesion.lesion_code,
        lesion.lesion_kind,
        try_cast(greatest(lesion.ldi_mm, lesion.sdi_mm) as decimal(9, 2)) as ldi_mm,
        try_cast(case when lesion.ldi_mm = 0 then 0 else least(lesion.ldi_mm, lesion.sdi_mm) end as decimal(9, 2)) as sdi_mm
    from {{ ref('stg_ris__target_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
    where study.is_evaluable
        and {{ has_size('lesion.ldi_mm', 'lesion.sdi_mm') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by usubjid, performed_date, lesion_code
            order by ldi_mm * sdi_mm desc, ldi_mm desc, lesion_kind, record_id
        ) as size_rank
    from sized
    where ldi_mm is not null and sdi_mm is not null
)

select
    usubjid,
    performed_date,
    lesion_code,
    lesion_kind,
    ldi_mm,
    sdi_mm,
    cast(ldi_mm * sdi_mm as decimal(18, 4)) as ppd_mm2,
    record_id
from ranked
where size_rank = 1
