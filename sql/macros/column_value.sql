{# The value of an item (columns value_num, comparator, value_txt, value_date) as a column of this type. A number is one that was
   measured: what a value was reported above or below is no number, but the least or the greatest (end) that it can be. #}
{% macro column_value(type, end=none) -%}
{%- set barred = {'least': "('<', '<=')", 'greatest': "('>', '>=')"}.get(end, "('<', '<=', '>', '>=')") -%}
{%- set number = "case when coalesce(comparator, '=') not in " ~ barred ~ " then value_num end" -%}
{%- if type == 'boolean' -%} case when value_num is not null then value_num = 1 end
{%- elif type == 'integer' -%} cast({{ number }} as integer)
{%- elif type == 'double' -%} {{ number }}
{%- elif type == 'date' -%} value_date
{%- else -%} value_txt
{%- endif -%}
{%- endmacro %}
