-- Everything in the data that a data manager should look at: one row a finding and record. Each topic has its own model; a new
-- one is added here. Kind and place of a finding, and what its detail is, come from the seed finding_kind; a topic whose
-- findings are about more brings these columns itself.
{% set topics = [
    'identity', 'contradiction', 'follow_up', 'laboratory', 'measurement', 'toxicity', 'imaging', 'lesion', 'pathology', 'rating',
    'therapy', 'value'
] -%}
{% set brought = {'contradiction': ['table_name', 'column_name', 'value_code'],
                  'laboratory': ['value_code'], 'measurement': ['value_code'],
                  'value': ['table_name', 'column_name', 'value_code', 'unit_text']} -%}
with found as (
{% for topic in topics %}
    select
        finding_code,
        usubjid,
        record_id,
        detail_code,
        {% for name in ['table_name', 'column_name', 'value_code', 'unit_text'] -%}
        {{ name if name in brought.get(topic, []) else 'cast(null as string) as ' ~ name }}{{ '' if loop.last else ',' }}
        {% endfor %}
    from {{ ref('finding__' ~ topic) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

placed as (
    select
        found.finding_code,
        found.usubjid,
        found.record_id,
        found.detail_code,
        kind.kind_code,
        kind.detail_kind,
        case when kind.detail_kind = 'table' then found.detail_code else coalesce(found.table_name, kind.table_name) end as table_name,
        coalesce(found.column_name, kind.column_name) as column_name,
        case when kind.detail_kind = 'code' then found.detail_code else found.value_code end as value_code,
        case when kind.detail_kind = 'unit' then found.detail_code else found.unit_text end as unit_text,
        kind.remedy
    from found
    left join {{ ref('finding_kind') }} as kind on found.finding_code = kind.finding_code
)

select
    placed.finding_code,
    placed.usubjid,
    placed.record_id,
    case
        when placed.detail_kind in ('code', 'unit') then {{ shown_code('placed.detail_code', 'detail.tag') }}
        else placed.detail_code
    end as detail_code,
    placed.kind_code,
    placed.table_name,
    placed.column_name,
    {{ shown_code('placed.value_code', 'value.tag') }} as value_code,
    {{ shown_code('placed.unit_text', 'unit.tag') }} as unit_text,
    placed.remedy
from placed
{% for alias, column in [('detail', 'detail_code'), ('value', 'value_code'), ('unit', 'unit_text')] -%}
left join {{ source('identity', 'sent_text') }} as {{ alias }} on placed.{{ column }} = {{ alias }}.source_text
{% endfor %}
