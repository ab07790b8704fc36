-- Response at every time point of every course, CT and PET combined (Lugano). Not cut at progression or new therapy.
-- Of the two days of a time point the worse CT, and the worse PET, counts (what could be judged beats NE), ties: the later day.
-- An evaluable PET decides, whatever CT says. PET not evaluable: CT progression is PD, CT not evaluable is NE, else the last
-- evaluable PET of the course is carried forward, and without one CT decides. PET not done: CT decides, except that after a
-- complete metabolic response (the last evaluable PET of the course) a CT without progression is CR: a residual mass is no change.
-- Date: the earliest day of the time point when it is PD, else the latest.
-- known_date: the last day of the time point, or the later study that was sure of the new lesion that decides it.
-- record_id: the report that decided; for a carried PET, the CT report of this time point.
with ct as (
    select
        scan.course_id,
        scan.timepoint_no,
        response.ct_response,
        response.ct_rule,
        response.record_id,
        row_number() over (
            partition by scan.course_id, scan.timepoint_no
            order by {{ response_severity('response.ct_response') }} desc, response.performed_date desc
        ) as severity_rank
    from {{ ref('timepoint_scan') }} as scan
    inner join {{ ref('ct_response') }} as response
        on scan.course_id = response.course_id and scan.performed_date = response.performed_date
),

pet as (
    select
        scan.course_id,
        scan.timepoint_no,
        response.pet_response,
        response.pet_rule,
        response.record_id,
        row_number() over (
            partition by scan.course_id, scan.timepoint_no
            order by {{ response_severity('response.pet_response') }} desc, response.performed_date desc
        ) as severity_rank
    from {{ ref('timepoint_scan') }} as scan
    inner join {{ ref('pet_response') }} as response
        on scan.course_id = response.course_id and scan.performed_date = response.performed_date
),

timepoint as (
    select
        scan.usubjid,
        scan.course_id,
        scan.timepoint_no,
        min(scan.performed_date) as first_scan_date,
        max(scan.performed_date) as last_scan_date,
        min(new_lesion.known_date) as new_lesion_known_date
    from {{ ref('timepoint_scan') }} as scan
    left join {{ ref('new_lesion') }} as new_lesion
        on scan.usubjid = new_lesion.usubjid and scan.performed_date = new_lesion.performed_date
    group by scan.usubjid, scan.course_id, scan.timepoint_no
),

combined as (
    select
        timepoint.*,
        ct.ct_response,
        ct.ct_rule,
        ct.record_id as ct_record_id,
        pet.pet_response,
        pet.pet_rule,
        pet.record_id as pet_record_id,
        nullif(pet.pet_response, 'NE') as evaluable_pet,
        count(nullif(pet.pet_response, 'NE')) over (
            partition by timepoint.course_id
            order by timepoint.timepoint_no rows between unbounded preceding and current row
        ) as evaluable_pet_no
    from timepoint
    inner join ct
        on timepoint.course_id = ct.course_id and timepoint.timepoint_no = ct.timepoint_no and ct.severity_rank = 1
    left join pet
        on timepoint.course_id = pet.course_id and timepoint.timepoint_no = pet.timepoint_no and pet.severity_rank = 1
),

running as (
    select
        *,
        first_value(evaluable_pet) over (partition by course_id, evaluable_pet_no order by timepoint_no) as running_pet
    from combined
),

carried as (
    select
        *,
        lag(running_pet) over (partition by course_id order by timepoint_no) as last_pet
    from running
),

decided as (
    select
        *,
        case
            when evaluable_pet is not null then 'pet'
            when ct_response in ('PD', 'NE') then 'ct'
            when pet_response is null and last_pet = 'CR' then 'ct_after_complete_pet'
            when pet_response = 'NE' and last_pet is not null then 'pet_carried_forward'
            else 'ct'
        end as basis_code
    from carried
),

rated as (
    select
        *,
        case basis_code
            when 'pet' then evaluable_pet
            when 'ct' then ct_response
            else last_pet
        end as avalc
    from decided
)

select
    usubjid,
    course_id,
    timepoint_no,
    case when avalc = 'PD' then first_scan_date else last_scan_date end as response_date,
    avalc,
    pet_response,
    ct_response,
    basis_code,
    case basis_code when 'pet' then pet_rule else ct_rule end as rule,
    case basis_code when 'pet' then pet_record_id else ct_record_id end as record_id,
    'rs' as srcdom,
    first_scan_date,
    case
        when case basis_code when 'pet' then pet_rule else ct_rule end = 'new_lesion'
            then greatest(last_scan_date, new_lesion_known_date)
        else last_scan_date
    end as known_date,
    avalc <> 'NE' as is_adequate
from rated
