-- What of this study a column of a feed can touch: its endpoints, criteria and baseline items by the facts that the column is
-- evidence of (seed fact_evidence), and the data sets that its table goes into (seed feed_dataset).
with used as (
    select fact, paramcd as output from {{ source('study', 'endpoint_source') }}
    union all
    select start_fact, paramcd from {{ source('study', 'endpoint') }}
    union all
    select fact, 'criterion ' || criterion_id from {{ source('study', 'criterion') }}
    union all
    select item, 'baseline ' || item from {{ source('study', 'baseline_item') }}
)

select distinct evidence.table_name, evidence.column_name, evidence.test_code, used.output
from {{ ref('fact_evidence') }} as evidence
inner join used on evidence.fact = used.fact
union all
select table_name, cast(null as varchar), cast(null as varchar), dataset
from {{ ref('feed_dataset') }}
