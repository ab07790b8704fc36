-- What of this study a column of a feed can touch: its endpoints, criteria and subject columns by the facts that the column is
-- evidence of (seed fact_evidence), and the data sets of its release that its table goes into (seed feed_dataset). Of scans and
-- ratings only those that the study takes its responses from tell it one.
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
),

silent as (  -- the feed of responses that the study does not read
    select case source_code when 'rated' then 'ris_imaging_report' else 'ehr_rated_response' end as table_name
    from {{ source('study', 'response') }}
    where source_code in ('lesions', 'rated')
)

select distinct evidence.table_name, evidence.column_name, evidence.test_code, used.output
from {{ ref('fact_evidence') }} as evidence
inner join used on evidence.fact = used.fact
left join silent
    on evidence.table_name = silent.table_name and evidence.fact in ('imaging_pd', 'first_response', 'adequate_assessment')
where silent.table_name is null
union all
select feed.table_name, cast(null as string), cast(null as string), feed.dataset
from {{ ref('feed_dataset') }} as feed
left join {{ source('study', 'dataset') }} as published on feed.dataset = 'adam.' || published.dataset
left join silent on feed.table_name = silent.table_name and feed.dataset = 'adam.adrs'
where (published.dataset is not null or feed.dataset not like 'adam.%')
    and silent.table_name is null
