-- The day from which each endpoint runs, one row a subject and endpoint; who has no such day has no row. Of a fact that can come
-- more than once the first. A fact of the catalogue starts an endpoint for followed subjects, from time zero on.
with ranked as (
    select
        fact.usubjid,
        endpoint.paramcd,
        endpoint.param,
        endpoint.entry_fact,
        endpoint.start_fact,
        fact.fact_date as start_date,
        fact.srcdom,
        fact.srcvar,
        fact.record_id,
        row_number() over (
            partition by fact.usubjid, endpoint.paramcd order by fact.fact_date, fact.record_id
        ) as choice
    from {{ source('study', 'endpoint') }} as endpoint
    inner join {{ ref('endpoint_fact') }} as fact on endpoint.start_fact = fact.fact
    left join {{ ref('followed') }} as followed on fact.usubjid = followed.usubjid
    where fact.origin_code <> 'fact' or fact.fact_date >= followed.time_zero_date
)

select usubjid, paramcd, param, entry_fact, start_fact, start_date, srcdom, srcvar, record_id
from ranked
where choice = 1
