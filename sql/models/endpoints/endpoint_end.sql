-- The earliest end of observation of every endpoint that has one; what is dated on that day still counts.
-- A gap ends observation only for a later event: an event-free patient is censored at the last adequate assessment anyway.
with ended as (
    select usubjid, paramcd, fact_date as end_date, priority, cnsr, description, record_id
    from {{ ref('endpoint_candidate') }}
    where source_role = 'end'
    union all
    select gap.usubjid, gap.paramcd, gap.gap_date, source.priority, source.cnsr, source.description, null
    from {{ ref('assessment_gap') }} as gap
    inner join {{ ref('endpoint_event') }} as event
        on gap.usubjid = event.usubjid and gap.paramcd = event.paramcd and event.fact_date > gap.gap_date
    inner join {{ source('study', 'endpoint_source') }} as source
        on gap.paramcd = source.paramcd and source.role = 'end' and source.fact = 'assessment_gap'
),

ranked as (
    select
        *,
        row_number() over (partition by usubjid, paramcd order by end_date, priority, record_id) as choice
    from ended
)

select usubjid, paramcd, end_date, cnsr, description, record_id
from ranked
where choice = 1
