-- The last day on which the event of an endpoint may follow the last adequate assessment before it: twice the interval valid at
-- that assessment, plus the window. No adequate assessment before it: counted from the start. Only for endpoints that end
-- observation at a gap. The interval: the endpoint's own, else the shortest of the schedule rows of the group (or of all) that cover that day.
with last_adequate as (
    select
        event.usubjid,
        event.paramcd,
        event.start_date,
        max(assessment.fact_date) as assessment_date
    from {{ ref('endpoint_event') }} as event
    inner join {{ source('study', 'endpoint_source') }} as source
        on event.paramcd = source.paramcd and source.role = 'end' and source.fact = 'assessment_gap'
    left join {{ ref('endpoint_fact') }} as assessment
        on event.usubjid = assessment.usubjid
        and assessment.fact = 'adequate_assessment'
        and assessment.fact_date <= event.fact_date
    group by event.usubjid, event.paramcd, event.start_date
),

planned as (
    select
        last_adequate.usubjid,
        last_adequate.paramcd,
        coalesce(last_adequate.assessment_date, last_adequate.start_date) as from_date,
        coalesce(endpoint.interval_days, schedule.interval_days) as interval_days,
        coalesce(endpoint.window_days, schedule.window_days) as window_days,
        row_number() over (
            partition by last_adequate.usubjid, last_adequate.paramcd
            order by schedule.interval_days, schedule.window_days desc
        ) as choice
    from last_adequate
    inner join {{ source('study', 'endpoint') }} as endpoint on last_adequate.paramcd = endpoint.paramcd
    inner join {{ ref('followed') }} as followed on last_adequate.usubjid = followed.usubjid
    left join {{ source('study', 'schedule') }} as schedule
        on (schedule.group_code is null or followed.group_code = schedule.group_code)
        and {{ days_between('followed.time_zero_date', 'coalesce(last_adequate.assessment_date, last_adequate.start_date)') }}
        between schedule.from_day and coalesce(schedule.to_day, 100000)
)

select
    usubjid,
    paramcd,
    from_date,
    interval_days,
    window_days,
    {{ add_days('from_date', '2 * interval_days + window_days') }} as gap_date
from planned
where choice = 1
