-- Best response of every followed patient: CR, PR, SD (not before `stable_disease_floor_days`), PD; dated on the first
-- assessment of that category. Death alone counts as PD in a patient who was imaged (not evaluable) and had no new therapy
-- before it. Not evaluable alone leaves a patient unrated (empty), and so does death without any imaging after time zero: the
-- published denominator leaves out the one patient without imaging.
with imaged as (
    select distinct usubjid
    from {{ ref('followup_assessment') }}
    where assessment_kind_code = 'imaging'
),

rated as (
    select
        assessment.usubjid,
        assessment.assessment_date,
        assessment.avalc,
        assessment.adtf,
        assessment.assessment_no,
        'rs' as srcdom,
        assessment.record_id,
        case assessment.avalc when 'CR' then 1 when 'PR' then 2 when 'SD' then 3 else 4 end as category_rank
    from {{ ref('followup_assessment') }} as assessment
    inner join {{ ref('followed') }} as followed on assessment.usubjid = followed.usubjid
    cross join (select {{ study_parameter('stable_disease_floor_days') }} as value_num) as floor_days
    where assessment.is_counted
        and (
            assessment.avalc in ('CR', 'PR', 'PD')
            or assessment.avalc = 'SD'
            and {{ days_between('followed.time_zero_date', 'assessment.assessment_date') }} >= floor_days.value_num
        )
    union all
    select death.usubjid, death.death_date, 'PD', death.adtf, null, death.srcdom, death.record_id, 5
    from {{ ref('death') }} as death
    inner join {{ ref('followed') }} as followed on death.usubjid = followed.usubjid
    inner join imaged on death.usubjid = imaged.usubjid
    cross join {{ source('meta', 'build') }} as build
    where death.death_date <= build.data_cut_date
        and (followed.new_therapy_date is null or death.death_date <= followed.new_therapy_date)
),

ranked as (
    select
        *,
        row_number() over (partition by usubjid order by category_rank, assessment_date, assessment_no) as choice
    from rated
)

select
    followed.usubjid,
    ranked.avalc as best_response_code,
    ranked.assessment_date as best_response_date,
    ranked.adtf,
    ranked.srcdom,
    ranked.record_id
from {{ ref('followed') }} as followed
left join ranked on followed.usubjid = ranked.usubjid and ranked.choice = 1
