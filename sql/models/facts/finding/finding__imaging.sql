-- Findings of imaging that a data manager must see. One row a finding and record.
-- complete_pet_over_ct_progression: an evaluable PET in complete response decided against progression on CT.
-- new_lesion_beside_better_pet: CT shows a new lesion, the PET of the same time point no progression.
-- uptake_change_missing: Deauville 4 or 5 with neither a change of uptake nor SUVmax: not evaluable.
-- uptake_change_not_read: Deauville 4 or 5 without a reader's word on the change of uptake: SUVmax against that before the
-- therapy decided, or could not where there was none.
-- new_lesion_confirmed_later: a lesion that was doubtful here proved certain later; it counts from here.
-- target_not_measured: no response on CT, because a target lesion of the baseline is missing from the reports of the day.
-- progression_month_missing: clinical progression known by its year only: not used.
-- progression_month_of_course: clinical progression known by its month, in which a therapy began: it may have been before or after.
-- progression_after_death: clinical progression in a month (or on a day) after death.
select distinct 'complete_pet_over_ct_progression' as finding_code, usubjid, record_id, pet_response || '_over_' || ct_response as detail_code
from {{ ref('timepoint_response') }}
where basis_code = 'pet' and pet_response = 'CR' and ct_response = 'PD'
union all
select distinct 'new_lesion_beside_better_pet', timepoint.usubjid, new_lesion.record_id, timepoint.pet_response
from {{ ref('timepoint_response') }} as timepoint
inner join {{ ref('timepoint_scan') }} as scan
    on timepoint.course_id = scan.course_id and timepoint.timepoint_no = scan.timepoint_no
inner join {{ ref('new_lesion') }} as new_lesion
    on scan.usubjid = new_lesion.usubjid and scan.performed_date = new_lesion.performed_date
where timepoint.pet_response in ('CR', 'PR', 'SD')
union all
select distinct 'uptake_change_not_read', usubjid, record_id, pet_rule
from {{ ref('pet_response') }}
where pet_rule in ('suv_decreased', 'suv_unchanged', 'suv_increased')
union all
select distinct 'uptake_change_not_read', response.usubjid, response.record_id, response.pet_rule
from {{ ref('pet_response') }} as response
inner join {{ ref('imaging_study') }} as study on response.record_id = study.record_id
where response.pet_rule = 'change_unknown' and study.suv_max is not null
union all
select distinct 'new_lesion_confirmed_later', usubjid, record_id, cast(null as string)
from {{ ref('new_lesion') }}
where confirmed_date is not null
union all
select distinct 'target_not_measured', response.usubjid, response.record_id, cast(null as string)
from {{ ref('ct_response') }} as response
inner join {{ ref('course_scan') }} as scan
    on response.course_id = scan.course_id and response.performed_date = scan.performed_date
where response.ct_rule = 'target_missing' and scan.has_ct
union all
select 'uptake_change_missing', usubjid, record_id, deauville_code
from {{ ref('imaging_study') }}
where scan_kind = 'PET' and deauville_code in ('4', '5') and uptake_change_code is null and suv_max is null
union all
select 'progression_month_missing', usubjid, record_id, cast(null as string)
from {{ ref('stg_ehr__clinical_progression') }}
where {{ date_imputation_flag('progressed_date') }} = 'M'
union all
select distinct 'progression_month_of_course', progression.usubjid, progression.record_id, cast(null as string)
from {{ ref('stg_ehr__clinical_progression') }} as progression
inner join {{ ref('course') }} as course
    on progression.usubjid = course.usubjid
    and course.anchor_date between {{ impute_first('progression.progressed_date') }} and {{ impute_last('progression.progressed_date') }}
where {{ date_imputation_flag('progression.progressed_date') }} = 'D'
union all
select 'progression_after_death', progression.usubjid, progression.record_id, cast(null as string)
from {{ ref('clinical_progression') }} as progression
inner join {{ ref('death') }} as death
    on progression.usubjid = death.usubjid and progression.progression_date > death.death_date
