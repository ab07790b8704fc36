-- New lesions that the reader is sure of, one row a patient, day and kind of scan that shows one. Sure is sure: whatever its
-- size, measured or not (Cheson 2014: any assessable disease unequivocally due to lymphoma).
-- A doubtful lesion counts from the day it was first seen when a later study of the patient is sure of it (the same label) and no
-- therapy started in between (RECIST 1.1, 4.3.5; what is seen after a new therapy says nothing of the time before it).
-- On PET: a focus that takes up the tracer.
with seen as (
    select
        study.usubjid,
        study.performed_date,
        study.scan_kind,
        study.record_id,
        lesion.lesion_code,
        lesion.is_fdg_avid,
        lesion.is_equivocal
    from {{ ref('stg_ris__new_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
    where study.is_evaluable
),

confirmed as (
    select doubtful.usubjid, doubtful.record_id, doubtful.lesion_code, min(sure.performed_date) as confirmed_date
    from seen as doubtful
    inner join seen as sure
        on doubtful.usubjid = sure.usubjid
        and doubtful.lesion_code = sure.lesion_code
        and sure.performed_date > doubtful.performed_date
    where doubtful.is_equivocal
        and not sure.is_equivocal
        and not exists (
            select 1
            from {{ ref('therapy') }} as therapy
            where therapy.usubjid = doubtful.usubjid
                and therapy.latest_start_date > doubtful.performed_date
                and therapy.start_date <= sure.performed_date
        )
    group by doubtful.usubjid, doubtful.record_id, doubtful.lesion_code
)

select
    seen.usubjid,
    seen.performed_date,
    seen.scan_kind,
    max(case when seen.scan_kind = 'PET' and seen.is_fdg_avid then 1 else 0 end) = 1 as is_avid,
    min(confirmed.confirmed_date) as confirmed_date,
    min(coalesce(confirmed.confirmed_date, seen.performed_date)) as known_date,
    min(seen.record_id) as record_id
from seen
left join confirmed
    on seen.record_id = confirmed.record_id and seen.lesion_code = confirmed.lesion_code and seen.is_equivocal
where not seen.is_equivocal or confirmed.record_id is not null
group by seen.usubjid, seen.performed_date, seen.scan_kind
