-- What is known of each screened subject: one row a subject and item of the study (study.item). All values empty: unknown.
-- is_applicable false: the question does not arise, because the flag that the item depends on is 0.
with held as (
    select * from {{ ref('item_ungrouped') }}
    union all
    select usubjid, item, null, value_txt, null, null, null, null, evidence_date, record_id, reason
    from {{ ref('item__group') }}
)

select
    held.usubjid,
    held.item,
    coalesce(condition.value_num, 1) <> 0 as is_applicable,
    held.value_num,
    held.value_txt,
    held.value_date,
    held.comparator,
    held.low_num,
    held.high_num,
    held.evidence_date,
    held.record_id,
    held.reason
from held
inner join {{ source('study', 'item') }} as declared on held.item = declared.item
left join {{ ref('item_ungrouped') }} as condition
    on held.usubjid = condition.usubjid and declared.only_if_item = condition.item
