{{ config(contract={'enforced': true}) }}
-- Progression-type endpoints as intervals: a progression found at a visit happened between the last adequate assessment without
-- it and that visit, and so did one that death forestalled. Event-free patients are known to be so up to their last adequate
-- assessment only. Endpoints that end observation early (regulatory censoring) are left to adtte.
with listed as (
    select paramcd
    from {{ source('study', 'endpoint_source') }}
    group by paramcd
    having count(case when role = 'event' and fact = 'imaging_pd' then 1 end) > 0
        and count(case when role = 'end' then 1 end) = 0
),

observed as (
    select
        start.usubjid,
        start.paramcd,
        start.param,
        start.start_date,
        start.record_id as start_record_id,
        event.evntcd as event_code,
        event.fact_date as event_date,
        event.record_id as event_record_id
    from listed
    inner join {{ ref('endpoint_start') }} as start on listed.paramcd = start.paramcd
    left join {{ ref('endpoint_event') }} as event on start.usubjid = event.usubjid and start.paramcd = event.paramcd
),

assessed as (
    select
        observed.*,
        assessment.fact_date as assessment_date,
        assessment.record_id as assessment_record_id,
        row_number() over (
            partition by observed.usubjid, observed.paramcd
            order by assessment.fact_date desc nulls last, assessment.record_id desc
        ) as choice
    from observed
    left join {{ ref('endpoint_fact') }} as assessment
        on observed.usubjid = assessment.usubjid
        and assessment.fact = 'adequate_assessment'
        and assessment.fact_date >= observed.start_date
        and (observed.event_date is null or assessment.fact_date < observed.event_date)
)

select
    assessed.usubjid,
    assessed.paramcd,
    assessed.param,
    assessed.start_date as startdt,
    coalesce(assessed.assessment_date, assessed.start_date) as ldt,
    assessed.event_date as rdt,
    cast({{ days_between('assessed.start_date', 'coalesce(assessed.assessment_date, assessed.start_date)') }} as integer) as left_days,
    cast({{ days_between('assessed.start_date', 'assessed.event_date') }} as integer) as right_days,
    assessed.event_code as evntcd,
    followed.group_code,
    followed.stratum_code,
    coalesce(assessed.assessment_record_id, assessed.start_record_id) as left_record_id,
    coalesce(assessed.event_record_id, assessed.assessment_record_id, assessed.start_record_id) as record_id
from assessed
inner join {{ ref('followed') }} as followed on assessed.usubjid = followed.usubjid
where assessed.choice = 1
