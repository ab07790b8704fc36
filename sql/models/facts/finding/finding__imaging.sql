-- Findings of imaging that a data manager must see. One row a finding and record.
-- complete_pet_over_ct_progression: an evaluable PET in complete response decided against progression on CT.
-- new_lesion_beside_better_pet: CT shows a new lesion, the PET of the same time point no progression.
-- uptake_change_missing: Deauville 4 or 5 with neither a change of uptake nor SUVmax: not evaluable.
-- progression_month_missing: clinical progression known by its year only: not used.
-- progression_after_death: clinical progression in a month (or on a day) after death.
select distinct 'complete_pet_over_ct_progression' as finding_code, usubjid, record_id, pet_response || '_over_' || ct_response as detail_code
from {{ ref('timepoint_response') }}
where basis_code = 'pet' and pet_response = 'CR' and ct_response = 'PD'
union all
select distinct 'new_lesion_beside_better_pet', timepoint.usubjid, ct.record_id, timepoint.pet_response
from {{ ref('timepoint_response') }} as timepoint
inner join {{ ref('timepoint_scan') }} as scan
    on timepoint.course_id = scan.course_id and timepoint.timepoint_no = scan.timepoint_no
inner join {{ ref('new_lesion') }} as ct on scan.record_id = ct.record_id
where ct.has_ct_new_lesion and timepoint.pet_response in ('CR', 'PR', 'SD')
union all
select 'uptake_change_missing', usubjid, record_id, deauville_code
from {{ ref('imaging_study') }}
where scan_kind = 'PET' and deauville_code in ('4', '5') and uptake_change_code is null and suv_max is null
union all
select 'progression_month_missing', usubjid, record_id, cast(null as varchar)
from {{ ref('stg_ehr__clinical_progression') }}
where {{ date_imputation_flag('progressed_date') }} = 'M'
union all
select 'progression_after_death', progression.usubjid, progression.record_id, cast(null as varchar)
from {{ ref('clinical_progression') }} as progression
inner join {{ ref('death') }} as death
    on progression.usubjid = death.usubjid and progression.progression_date > death.death_date
