-- Every part of every criterion for every screened patient: met, not met or unknown. One generic rule for the four kinds.
select
    fact.usubjid,
    criterion.criterion_id,
    criterion.seq,
    criterion.part_no,
    criterion.fact,
    criterion.label,
    case
        when not fact.is_applicable then 'met'
        when criterion.kind = 'flag' then case fact.value_num when 1 then 'met' when 0 then 'not_met' else 'unknown' end
        when criterion.kind = 'number' and fact.value_num is null then 'unknown'
        when criterion.kind = 'date' and fact.value_date is null then 'unknown'
        when criterion.kind = 'code' and fact.value_txt is null then 'unknown'
        when fact.value_num < criterion.min_num or fact.value_num > criterion.max_num then 'not_met'
        when fact.value_date < criterion.min_date or fact.value_date > criterion.max_date then 'not_met'
        when criterion.kind = 'code' and allowed.code is null then 'not_met'
        else 'met'
    end as status,
    fact.value_num,
    fact.value_txt,
    fact.value_date,
    fact.evidence_date,
    fact.record_id,
    fact.reason
from {{ source('study', 'criterion') }} as criterion
inner join {{ ref('eligibility_fact') }} as fact on criterion.fact = fact.fact
left join {{ source('study', 'code_list') }} as allowed
    on criterion.code_list = allowed.code_list and fact.value_txt = allowed.code
