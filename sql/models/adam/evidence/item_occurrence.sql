{{ config(contract={'enforced': true}) }}
-- The occurrences of facts that decided the items read off facts and days, one row a screened subject, item and occurrence: the
-- one that was picked; all that were counted (of a sum that is unknown those without a number); what makes the days of the item;
-- and, as items `group` and `time_zero`, what started at time zero.
with day_item as (
    select item, anchor from {{ source('study', 'item') }} where kind_code in ('date', 'age')
    union
    select item, from_anchor from {{ source('study', 'item') }} where kind_code = 'days'
    union
    select item, to_anchor from {{ source('study', 'item') }} where kind_code = 'days'
    union
    select declared.item, zero.anchor
    from {{ source('study', 'item') }} as declared
    cross join {{ source('study', 'time_zero') }} as zero
    where declared.kind_code in ('group', 'stratum', 'subgroup', 'classes')
    union
    select reserved.item, zero.anchor
    from (select 'group' as item union all select 'time_zero' as item) as reserved
    cross join {{ source('study', 'time_zero') }} as zero
)

select
    candidate.usubjid,
    candidate.item,
    candidate.fact,
    candidate.detail_code,
    candidate.course_id,
    candidate.source_id,
    candidate.value_num,
    candidate.record_id
from {{ ref('item_candidate') }} as candidate
inner join {{ ref('item_ungrouped') }} as value on candidate.usubjid = value.usubjid and candidate.item = value.item
inner join {{ source('study', 'item') }} as declared on candidate.item = declared.item
where coalesce(candidate.choice_no, 1) = 1
    and not (declared.kind_code = 'sum' and value.value_num is null and candidate.value_num is not null)
union
select
    occurrence.usubjid,
    day_item.item,
    occurrence.fact,
    occurrence.detail_code,
    occurrence.course_id,
    occurrence.source_id,
    occurrence.value_num,
    occurrence.record_id
from day_item
inner join {{ ref('anchor_occurrence') }} as occurrence on day_item.anchor = occurrence.anchor
union
select birth.usubjid, declared.item, birth.fact, null, null, null, null, birth.record_id
from {{ source('study', 'item') }} as declared
inner join {{ ref('study_fact') }} as birth on birth.fact = 'birth'
where declared.kind_code = 'age'
