-- Items read off facts and named days, and those that the study's own models give: one row a screened subject and item, with empty
-- values where nothing is known.
with given as (
    select usubjid, item, value_num, value_txt, value_date, comparator, null as low_num, null as high_num, evidence_date, record_id, reason
    from {{ ref('item__pick') }}
    union all
    select usubjid, item, value_num, null, null, null, low_num, high_num, evidence_date, record_id, reason
    from {{ ref('item__window') }}
    union all
    select usubjid, item, value_num, null, value_date, null, null, null, evidence_date, record_id, reason
    from {{ ref('item__day') }}
    {% for model in var('own_items', []) -%}
    union all
    select usubjid, item, value_num, value_txt, value_date, null, null, null, evidence_date, record_id, reason
    from {{ ref(model) }}
    {% endfor %}
)

select
    subject.usubjid,
    declared.item,
    given.value_num,
    given.value_txt,
    given.value_date,
    case when given.value_num is not null then coalesce(given.comparator, '=') end as comparator,
    given.low_num,
    given.high_num,
    given.evidence_date,
    given.record_id,
    given.reason
from {{ ref('screened') }} as subject
cross join {{ source('study', 'item') }} as declared
left join given on subject.usubjid = given.usubjid and declared.item = given.item
where declared.kind_code in ('pick', 'count', 'exists', 'sum', 'date', 'age', 'days', 'own')
