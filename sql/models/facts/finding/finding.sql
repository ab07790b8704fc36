-- Everything in the data that a data manager should look at: one row a finding and record. Each topic has its own model; a new
-- one is added here. Kind and place of a finding, and what its detail is, come from the seed finding_kind; a topic whose
-- findings are about a code as well as their detail brings value_code itself.
{% set topics = ['identity', 'follow_up', 'laboratory', 'toxicity', 'imaging', 'pathology', 'therapy'] -%}
{% set with_value_code = ['laboratory'] -%}
with found as (
{% for topic in topics %}
    select
        finding_code,
        usubjid,
        record_id,
        detail_code,
        {{ 'value_code' if topic in with_value_code else 'cast(null as varchar) as value_code' }}
    from {{ ref('finding__' ~ topic) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select
    found.finding_code,
    found.usubjid,
    found.record_id,
    found.detail_code,
    kind.kind_code,
    case when kind.detail_kind = 'table' then found.detail_code else kind.table_name end as table_name,
    kind.column_name,
    case when kind.detail_kind = 'code' then found.detail_code else found.value_code end as value_code,
    case when kind.detail_kind = 'unit' then found.detail_code end as unit_text
from found
left join {{ ref('finding_kind') }} as kind on found.finding_code = kind.finding_code
