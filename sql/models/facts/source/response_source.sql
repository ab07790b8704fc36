-- The records that decided each time point of each course, one row a time point, record and part of it.
-- The study that decided; the study that dates the time point, where that is another one; and what the rule looked at:
--   CT      the lesions that grew, regrew or are new, with the study of their nadir; the target lesions now and at baseline;
--           the baseline alone for an organ, or where a target was not measured
--   both    of a doubtful new lesion that counts the report that was sure of it later
--   PET     the new foci; the last evaluable PET before, where its uptake or response was carried or compared
-- `part` names a lesion of the report; empty: the report as a whole.
with timepoint as (
    select response.*, study.performed_date, study.uptake_change_code
    from {{ ref('timepoint_response') }} as response
    inner join {{ ref('imaging_study') }} as study on response.record_id = study.record_id
),

dating as (
    select timepoint.usubjid, timepoint.course_id, timepoint.timepoint_no, study.record_id
    from timepoint
    inner join {{ ref('timepoint_scan') }} as scan
        on timepoint.course_id = scan.course_id
        and timepoint.timepoint_no = scan.timepoint_no
        and timepoint.response_date = scan.performed_date
    inner join {{ ref('imaging_study') }} as study
        on timepoint.usubjid = study.usubjid and scan.performed_date = study.performed_date
    where timepoint.performed_date <> timepoint.response_date
),

lesion as (
    select study.performed_date as measured_date, lesion.course_id, lesion.record_id, lesion.lesion_code, lesion.is_baseline,
        lesion.is_target, lesion.ppd_mm2, lesion.nadir_ppd_mm2, lesion.is_grown, lesion.is_regrown
    from {{ ref('course_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
),

worse_lesion as (
    select timepoint.usubjid, timepoint.timepoint_no, lesion.*
    from timepoint
    inner join lesion
        on timepoint.course_id = lesion.course_id
        and timepoint.performed_date = lesion.measured_date
        and (timepoint.rule = 'lesion_grown' and lesion.is_grown or timepoint.rule = 'lesion_regrown' and lesion.is_regrown)
),

nadir as (
    select
        worse_lesion.usubjid,
        worse_lesion.course_id,
        worse_lesion.timepoint_no,
        before.record_id,
        before.lesion_code,
        row_number() over (
            partition by worse_lesion.course_id, worse_lesion.timepoint_no, worse_lesion.lesion_code
            order by before.measured_date, before.record_id
        ) as choice
    from worse_lesion
    inner join lesion as before
        on worse_lesion.course_id = before.course_id
        and worse_lesion.lesion_code = before.lesion_code
        and before.measured_date < worse_lesion.measured_date
        and before.ppd_mm2 = worse_lesion.nadir_ppd_mm2
),

pet_before as (
    select
        timepoint.usubjid,
        timepoint.course_id,
        timepoint.timepoint_no,
        before.record_id,
        row_number() over (
            partition by timepoint.course_id, timepoint.timepoint_no order by before.timepoint_no desc
        ) as choice
    from timepoint
    inner join timepoint as before
        on timepoint.course_id = before.course_id
        and before.timepoint_no < timepoint.timepoint_no
        and before.basis_code = 'pet'
    where timepoint.basis_code in ('ct_after_complete_pet', 'pet_carried_forward')
),

pet_baseline as (
    select
        timepoint.usubjid,
        timepoint.course_id,
        timepoint.timepoint_no,
        study.record_id,
        row_number() over (
            partition by timepoint.course_id, timepoint.timepoint_no
            order by study.performed_date desc, study.suv_max desc, study.report_no desc
        ) as choice
    from timepoint
    inner join {{ ref('course') }} as course on timepoint.course_id = course.course_id
    inner join {{ ref('imaging_study') }} as study
        on course.usubjid = study.usubjid
        and study.performed_date <= course.anchor_date
        and study.performed_date >= {{ add_days('course.anchor_date', '-' ~ lugano('baseline_days')) }}
    where (timepoint.rule like 'suv%' or timepoint.rule like 'uptake%' and timepoint.uptake_change_code is null)
        and study.scan_kind = 'PET'
        and study.suv_max is not null
),

found as (
    select usubjid, course_id, timepoint_no, record_id, cast(null as string) as part, 'decides' as role
    from timepoint
    union
    select usubjid, course_id, timepoint_no, record_id, null, 'dates'
    from dating
    union
    select usubjid, course_id, timepoint_no, record_id, lesion_code, case when is_grown then 'lesion grown' else 'lesion regrown' end
    from worse_lesion
    union
    select usubjid, course_id, timepoint_no, record_id, lesion_code, 'nadir'
    from nadir
    where choice = 1
    union
    select timepoint.usubjid, timepoint.course_id, timepoint.timepoint_no, timepoint.record_id, fresh.lesion_code, 'new lesion'
    from timepoint
    inner join {{ ref('stg_ris__new_lesion') }} as fresh
        on timepoint.record_id = fresh.record_id and timepoint.rule = 'new_lesion' and not coalesce(fresh.is_equivocal, false)
    union
    select timepoint.usubjid, timepoint.course_id, timepoint.timepoint_no, sure.record_id, sure.lesion_code, 'confirmation'
    from timepoint
    inner join {{ ref('new_lesion') }} as counted
        on timepoint.record_id = counted.record_id and timepoint.rule = 'new_lesion' and counted.confirmed_date is not null
    inner join {{ ref('stg_ris__new_lesion') }} as doubtful on counted.record_id = doubtful.record_id and doubtful.is_equivocal
    inner join {{ ref('stg_ris__new_lesion') }} as sure
        on doubtful.usubjid = sure.usubjid and doubtful.lesion_code = sure.lesion_code and not sure.is_equivocal
    inner join {{ ref('imaging_study') }} as study
        on sure.record_id = study.record_id and counted.confirmed_date = study.performed_date
    union
    select timepoint.usubjid, timepoint.course_id, timepoint.timepoint_no, lesion.record_id, lesion.lesion_code, 'target lesion'
    from timepoint
    inner join lesion
        on timepoint.course_id = lesion.course_id and timepoint.performed_date = lesion.measured_date and lesion.is_target
    where timepoint.rule in ('targets_normal', 'spd_halved', 'spd_not_halved')
    union
    select timepoint.usubjid, timepoint.course_id, timepoint.timepoint_no, lesion.record_id, lesion.lesion_code, 'baseline lesion'
    from timepoint
    inner join lesion on timepoint.course_id = lesion.course_id and lesion.is_baseline and lesion.is_target
    where timepoint.rule in ('targets_normal', 'spd_halved', 'spd_not_halved', 'target_missing')
    union
    select timepoint.usubjid, timepoint.course_id, timepoint.timepoint_no, scan.record_id, null, 'baseline'
    from timepoint
    inner join {{ ref('course_scan') }} as scan on timepoint.course_id = scan.course_id and scan.is_baseline
    where timepoint.rule in ('spleen_progressed', 'no_target')
    union
    select usubjid, course_id, timepoint_no, record_id, null, 'PET before'
    from pet_before
    where choice = 1
    union
    select usubjid, course_id, timepoint_no, record_id, null, 'baseline'
    from pet_baseline
    where choice = 1
)

select
    found.usubjid,
    found.course_id,
    cast(found.timepoint_no as integer) as timepoint_no,
    timepoint.record_id as response_record_id,
    timepoint.rule,
    found.record_id,
    found.part,
    found.role
from found
inner join timepoint on found.course_id = timepoint.course_id and found.timepoint_no = timepoint.timepoint_no
