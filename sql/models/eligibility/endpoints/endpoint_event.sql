-- Earliest event of every endpoint, whether or not observation had ended by then; of one day the source listed first. One
-- dated before the start (a death recorded before time zero) is no less an event: it counts on the day of the start
-- (admiral derive_param_tte: ADT = max(ADT, STARTDT)), and finding__follow_up shows it.
with candidate as (
    select
        start.usubjid,
        endpoint.paramcd,
        start.fact_date as start_date,
        source.fact,
        source.description,
        greatest(event.fact_date, start.fact_date) as fact_date,
        event.adtf,
        event.srcdom,
        event.srcvar,
        event.record_id,
        row_number() over (
            partition by start.usubjid, endpoint.paramcd
            order by event.fact_date, source.priority, event.record_id
        ) as choice
    from {{ source('study', 'endpoint') }} as endpoint
    inner join {{ ref('endpoint_fact') }} as start on endpoint.start_fact = start.fact
    inner join {{ source('study', 'endpoint_source') }} as source
        on endpoint.paramcd = source.paramcd and source.role = 'event'
    inner join {{ ref('endpoint_fact') }} as event
        on start.usubjid = event.usubjid and source.fact = event.fact
)

select usubjid, paramcd, start_date, fact, description, fact_date, adtf, srcdom, srcvar, record_id
from candidate
where choice = 1
