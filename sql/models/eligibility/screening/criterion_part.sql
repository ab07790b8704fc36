-- Every part of every criterion for every screened patient: met, not met or unknown. One generic rule for the four kinds. A number
-- known as a bound (>250) or between bounds (a score with an unknown part) is judged where all that it may be agrees.
with held as (
    select told.*, {{ item_range('told') }}
    from {{ ref('item') }} as told
)

select
    held.usubjid,
    criterion.criterion_id,
    criterion.seq,
    criterion.part_no,
    criterion.item,
    criterion.label,
    case
        when not held.is_applicable then 'met'
        when criterion.kind = 'flag' then case held.value_num when 1 then 'met' when 0 then 'not_met' else 'unknown' end
        when criterion.kind = 'date' and held.value_date is null then 'unknown'
        when criterion.kind = 'code' and held.value_txt is null then 'unknown'
        when criterion.kind = 'number' then case
            when held.lowest is null and held.highest is null then 'unknown'
            when held.highest < criterion.min_num or held.highest = criterion.min_num and held.is_below then 'not_met'
            when held.lowest > criterion.max_num or held.lowest = criterion.max_num and held.is_above then 'not_met'
            when criterion.min_num is not null and coalesce(held.lowest < criterion.min_num, true) then 'unknown'
            when criterion.max_num is not null and coalesce(held.highest > criterion.max_num, true) then 'unknown'
            else 'met'
        end
        when held.value_date < criterion.min_date or held.value_date > criterion.max_date then 'not_met'
        when criterion.kind = 'code' and allowed.code is null then 'not_met'
        else 'met'
    end as status,
    held.value_num,
    held.value_txt,
    held.value_date,
    held.evidence_date,
    held.record_id,
    held.reason
from {{ source('study', 'criterion') }} as criterion
inner join held on criterion.item = held.item
left join {{ source('study', 'code_list') }} as allowed
    on criterion.code_list = allowed.code_list and held.value_txt = allowed.code
