-- Items made of items: cut-offs, mapped codes, totals, scores and their bounds. A score adds the points of the conditions that
-- hold; while one may hold or not it lies between bounds, and is known where both agree. A total with an unknown part is
-- unknown, between bounds where the part is. What an item is made of has a lower level, so the levels follow each other.
with known_0 as (
    select usubjid, item, value_num, value_txt, comparator, low_num, high_num, evidence_date, record_id
    from {{ ref('item__direct') }}
),

{% for level in range(1, var('item_levels', 3) + 1) -%}
placed_{{ level }} as (
    select *, {{ item_range('known') }}
    from known_{{ level - 1 }} as known
),

judged_{{ level }} as (
    select
        value.usubjid,
        declared.item,
        declared.kind_code,
        part.points,
        part.end_code,
        value.value_num,
        value.low_num,
        value.high_num,
        value.lowest,
        value.highest,
        value.evidence_date,
        value.record_id,
        mapped.mapped_code,
        {{ item_condition('part', 'value', 'listed.code') }} as is_met
    from {{ source('study', 'item') }} as declared
    inner join {{ source('study', 'item_part') }} as part on declared.item = part.item
    inner join placed_{{ level }} as value on part.of_item = value.item
    left join {{ source('study', 'code_list') }} as listed
        on part.code_list = listed.code_list and value.value_txt = listed.code
    left join {{ source('study', 'item_code') }} as mapped  -- of a flag the codes are true and false
        on declared.item = mapped.item
        and coalesce(value.value_txt, case value.value_num when 1 then 'true' when 0 then 'false' end) = mapped.code
    where declared.level_no = {{ level }}
),

summed_{{ level }} as (
    select
        usubjid,
        item,
        kind_code,
        max(case when is_met then 1 when not is_met then 0 end) as flag,
        max(mapped_code) as mapped_code,
        case when count(case when lowest = highest then value_num end) = count(*) then sum(value_num) end as total,
        max(case end_code when 'low' then lowest when 'high' then highest end) as bound,
        case
            when kind_code = 'total' then case when count(lowest) = count(*) then sum(lowest) end
            else sum(case when is_met then points else 0 end)
        end as low_num,
        case
            when kind_code = 'total' then case when count(highest) = count(*) then sum(highest) end
            else sum(case when not is_met then 0 else points end)
        end as high_num,
        max(evidence_date) as evidence_date,
        case when count(*) = 1 then max(record_id) end as record_id
    from judged_{{ level }}
    group by usubjid, item, kind_code
),

known_{{ level }} as (
    select * from known_{{ level - 1 }}
    union all
    select
        usubjid,
        item,
        case kind_code
            when 'cutoff' then flag
            when 'total' then total
            when 'bound' then bound
            when 'score' then case when low_num = high_num then low_num end
        end,
        case when kind_code = 'map' then mapped_code end,
        null,
        case when kind_code = 'score' or (kind_code = 'total' and total is null) then low_num end,
        case when kind_code = 'score' or (kind_code = 'total' and total is null) then high_num end,
        evidence_date,
        record_id
    from summed_{{ level }}
),

{% endfor -%}
derived as (
    select *
    from known_{{ var('item_levels', 3) }}
)

select derived.usubjid, derived.item, derived.value_num, derived.value_txt, derived.low_num, derived.high_num,
    derived.evidence_date, derived.record_id
from derived
inner join {{ source('study', 'item') }} as declared on derived.item = declared.item and declared.level_no > 0
