-- The occurrences that an item of the study may look at (study.item, kinds pick, count, exists and sum): one row a screened subject,
-- item and occurrence within its window. Of a pick, choice_no 1 is the value: nearest (the least distance from the anchor, of
-- equals the earlier day), latest (the last day) or first (the first day); of one day the last record, for first the first.
-- An occurrence whose code is not known may be one that the item looks for (is_in_doubt); a pick looks at the others.
{% set declared = 'select item as name, * from ' ~ source('study', 'item') ~ ' where fact is not null' -%}
with selected as (
    {{ selected_occurrences(declared, ref('anchor'), with_doubt=true) }}
)

select
    selected.usubjid,
    selected.name as item,
    selected.fact,
    selected.occurrence,
    selected.day as evidence_date,
    cast(selected.distance_days as bigint) as distance_days,
    selected.adtf,
    selected.value_num,
    selected.value_txt,
    selected.detail_code,
    selected.course_id,
    selected.is_in_doubt,
    selected.source_id,
    selected.record_id,
    case
        when declared.kind_code = 'pick' then cast(row_number() over (
            partition by selected.usubjid, selected.name
            order by
                case when declared.pick = 'nearest' then abs(selected.distance_days) end nulls last,
                case when declared.pick in ('nearest', 'first') then selected.day end nulls last,
                selected.day desc nulls last,
                case when declared.pick = 'first' then selected.occurrence else -selected.occurrence end
        ) as bigint)
    end as choice_no
from selected
inner join {{ source('study', 'item') }} as declared on selected.name = declared.item
where not selected.is_in_doubt or declared.kind_code <> 'pick'
