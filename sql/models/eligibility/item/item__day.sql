-- Items that are read off named days: the date itself, the completed years from birth to it, the days from one to another. Nobody
-- is younger than nothing: born after that day, one of the two is wrong and the age unknown.
with birth as (
    select usubjid, fact_date as birth_date, record_id
    from {{ ref('study_fact') }}
    where fact = 'birth'
)

select
    state.usubjid,
    declared.item,
    cast(null as double) as value_num,
    known.anchor_date as value_date,
    state.occurred_date as evidence_date,
    state.record_id,
    case when state.state_code = 'partial' then state.label || ' known in part only' end as reason
from {{ source('study', 'item') }} as declared
inner join {{ ref('anchor_state') }} as state on declared.anchor = state.anchor
left join {{ ref('anchor') }} as known on state.usubjid = known.usubjid and state.anchor = known.anchor
where declared.kind_code = 'date'
union all
select
    known.usubjid,
    declared.item,
    case when birth.birth_date <= known.anchor_date then {{ completed_years('birth.birth_date', 'known.anchor_date') }} end,
    null,
    known.anchor_date,
    birth.record_id,
    null
from {{ source('study', 'item') }} as declared
inner join {{ ref('anchor') }} as known on declared.anchor = known.anchor
left join birth on known.usubjid = birth.usubjid
where declared.kind_code = 'age'
union all
select
    start.usubjid,
    declared.item,
    {{ days_between('start.anchor_date', 'ending.anchor_date') }},
    null,
    ending.anchor_date,
    ending.record_id,
    null
from {{ source('study', 'item') }} as declared
inner join {{ ref('anchor') }} as start on declared.from_anchor = start.anchor
inner join {{ ref('anchor') }} as ending on declared.to_anchor = ending.anchor and start.usubjid = ending.usubjid
where declared.kind_code = 'days'
