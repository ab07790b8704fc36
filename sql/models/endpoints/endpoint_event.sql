-- Earliest event of every endpoint, whether or not observation had ended by then; of one day the source listed first. One
-- dated before the start (a death recorded before time zero) is no less an event: it counts on the day of the start
-- (admiral derive_param_tte: ADT = max(ADT, STARTDT)), and finding__follow_up shows it.
with ranked as (
    select
        *,
        row_number() over (
            partition by usubjid, paramcd
            order by fact_date, priority, record_id
        ) as choice
    from {{ ref('endpoint_candidate') }}
    where source_role = 'event'
)

select
    usubjid,
    paramcd,
    start_date,
    fact,
    evntcd,
    description,
    greatest(fact_date, start_date) as fact_date,
    adtf,
    srcdom,
    srcvar,
    record_id
from ranked
where choice = 1
