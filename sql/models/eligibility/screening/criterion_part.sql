-- Every part of every criterion for every screened patient: met, not met or unknown. One generic rule for the four kinds. A number that
-- is known by its bounds only meets the limits, or misses them, where both bounds do.
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
        when criterion.kind = 'number' and held.value_num is null then case
            when held.low_num >= coalesce(criterion.min_num, held.low_num)
                and held.high_num <= coalesce(criterion.max_num, held.high_num) then 'met'
            when held.high_num < criterion.min_num or held.low_num > criterion.max_num then 'not_met'
            else 'unknown'
        end
        when criterion.kind = 'date' and held.value_date is null then 'unknown'
        when criterion.kind = 'code' and held.value_txt is null then 'unknown'
        when held.value_num < criterion.min_num or held.value_num > criterion.max_num then 'not_met'
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
inner join {{ ref('item') }} as held on criterion.item = held.item
left join {{ source('study', 'code_list') }} as allowed
    on criterion.code_list = allowed.code_list and held.value_txt = allowed.code
