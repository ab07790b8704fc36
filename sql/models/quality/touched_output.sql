-- What of this study a column of a feed can touch: its endpoints, criteria and subject columns by the facts that the column is
-- evidence of (seed fact_evidence), and the data sets that its table goes into (seed feed_dataset).
with named_day as (  -- an endpoint that starts on a named day rests on the fact of that day
    select name as anchor, fact from {{ source('study', 'anchor') }}
    union all
    select anchor, fact from {{ source('study', 'screening') }}
),

used as (
    select fact, paramcd as output from {{ source('study', 'endpoint_source') }}
    union all
    select start_fact, paramcd from {{ source('study', 'endpoint') }}
    union all
    select named_day.fact, endpoint.paramcd
    from {{ source('study', 'endpoint') }} as endpoint
    inner join named_day on named_day.anchor in (endpoint.start_fact, endpoint.entry_fact)
    union all
    select rests.fact, 'criterion ' || criterion.criterion_id
    from {{ source('study', 'criterion') }} as criterion
    inner join {{ source('study', 'item_fact') }} as rests on criterion.item = rests.item
    union all
    select rests.fact, 'column ' || item.column_name
    from {{ source('study', 'item') }} as item
    inner join {{ source('study', 'item_fact') }} as rests on item.item = rests.item
    where item.column_name is not null
)

select distinct evidence.table_name, evidence.column_name, evidence.test_code, used.output
from {{ ref('fact_evidence') }} as evidence
inner join used on evidence.fact = used.fact
union all
select table_name, cast(null as varchar), cast(null as varchar), dataset
from {{ ref('feed_dataset') }}
