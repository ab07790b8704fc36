-- What a thing that was entered twice says differently under the number that does not count (merged_number): one row a record and
-- column. "2020-03" and "2020-03-15" do not differ. Causes of death are compared in death_cause, where dates may be partial.
{% for table in tables_of_kind('thing') if table != 'ehr_death' -%}
{%- set is_last = loop.last -%}
{%- set what = record_kinds()[table] -%}
{%- for column in what.content if column not in what.identity | join(' ') %}
select '{{ table }}' as table_name, '{{ column }}' as column_name, merged.usubjid, merged.record_id
from {{ ref('merged_number') }} as merged
inner join {{ source('raw', table) }} as entered on merged.record_id = entered.record_id
inner join {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    on merged.usubjid = counted.usubjid and merged.counted_no = counted.{{ what.key }}
inner join {{ source('raw', table) }} as stayed on counted.record_id = stayed.record_id
where merged.table_name = '{{ table }}'
    and merged.is_in_force
    and entered.{{ column }} <> stayed.{{ column }}
    {%- if column.endswith('_date') %}
    and substr(entered.{{ column }}, 1, length(stayed.{{ column }})) <> stayed.{{ column }}
    and substr(stayed.{{ column }}, 1, length(entered.{{ column }})) <> entered.{{ column }}
    {%- endif %}
{% if not (is_last and loop.last) %}union all{% endif %}
{%- endfor %}
{%- endfor %}
