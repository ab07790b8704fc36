-- Items that are the value of one record. What a flag says in words is its reason, too.
select
    candidate.usubjid,
    candidate.item,
    candidate.value_num,
    case when declared.value_type in ('code', 'flag') then candidate.value_txt end as value_txt,
    case when declared.value_type = 'date' then candidate.evidence_date end as value_date,
    case
        when declared.value_type = 'number' and candidate.value_txt in ('<', '<=', '>', '>=') then candidate.value_txt
    end as comparator,
    candidate.evidence_date,
    candidate.record_id,
    case when declared.value_type = 'flag' then candidate.value_txt end as reason
from {{ ref('item_candidate') }} as candidate
inner join {{ source('study', 'item') }} as declared on candidate.item = declared.item
where candidate.choice_no = 1
