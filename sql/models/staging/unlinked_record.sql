-- Records whose patient number has no link in the patient index: kept, and shown as findings.
{% for kind in ['event', 'thing', 'person'] -%}
{%- set is_last = loop.last -%}
{% for table in tables_of_kind(kind) -%}
select '{{ table }}' as table_name, record_id
from ({{ current_row(table, patient_column(table)) }}) as current_row
where usubjid is null
{% if not (is_last and loop.last) %}union all
{% endif %}
{%- endfor %}
{%- endfor %}
