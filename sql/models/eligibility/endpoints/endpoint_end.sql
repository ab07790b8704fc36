-- The earliest end of observation of every endpoint that has one; what is dated on that day still counts.
-- A gap ends observation only for a later event: an event-free patient is censored at the last adequate assessment anyway.
with ended as (
    select
        fact.usubjid,
        source.paramcd,
        fact.fact_date as end_date,
        source.priority,
        source.cnsr,
        source.description
    from {{ source('study', 'endpoint_source') }} as source
    inner join {{ ref('endpoint_fact') }} as fact on source.fact = fact.fact
    where source.role = 'end'
    union all
    select gap.usubjid, gap.paramcd, gap.gap_date, source.priority, source.cnsr, source.description
    from {{ ref('assessment_gap') }} as gap
    inner join {{ ref('endpoint_event') }} as event
        on gap.usubjid = event.usubjid and gap.paramcd = event.paramcd and event.fact_date > gap.gap_date
    inner join {{ source('study', 'endpoint_source') }} as source
        on gap.paramcd = source.paramcd and source.role = 'end' and source.fact = 'assessment_gap'
),

ranked as (
    select
        *,
        row_number() over (partition by usubjid, paramcd order by end_date, priority) as choice
    from ended
)

select usubjid, paramcd, end_date, cnsr, description
from ranked
where choice = 1
