-- Best response of every followed subject of a study that has responses: CR, PR, SD (not before the day that the study says), PD;
-- dated on the first assessment of that category. Where the study says so, death alone counts as PD in a subject who was assessed
-- (not evaluable) and had no new therapy before it. Not evaluable alone leaves a subject unrated (empty), and so does death
-- without any assessment after time zero.
with assessed as (
    select distinct usubjid
    from {{ ref('followup_assessment') }}
    where assessment_kind_code <> 'clinical'
),

rated as (
    select
        assessment.usubjid,
        assessment.assessment_date,
        assessment.avalc,
        assessment.adtf,
        assessment.assessment_no,
        assessment.srcdom,
        assessment.record_id,
        case assessment.avalc when 'CR' then 1 when 'PR' then 2 when 'SD' then 3 else 4 end as category_rank
    from {{ ref('followup_assessment') }} as assessment
    inner join {{ ref('followed') }} as followed on assessment.usubjid = followed.usubjid
    cross join {{ source('study', 'response') }} as declared
    where assessment.is_counted
        and (
            assessment.avalc in ('CR', 'PR', 'PD')
            or assessment.avalc = 'SD'
            and {{ days_between('followed.time_zero_date', 'assessment.assessment_date') }} >= declared.stable_from_day
        )
    union all
    select death.usubjid, death.fact_date, 'PD', death.adtf, null, death.srcdom, death.record_id, 5
    from {{ ref('study_fact') }} as death
    inner join {{ ref('followed') }} as followed on death.usubjid = followed.usubjid
    inner join assessed on death.usubjid = assessed.usubjid
    cross join {{ source('study', 'response') }} as declared
    where death.fact = 'death'
        and declared.death_code = 'progression'
        and (followed.new_therapy_date is null or death.fact_date <= followed.new_therapy_date)
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
cross join {{ source('study', 'response') }}
left join ranked on followed.usubjid = ranked.usubjid and ranked.choice = 1
