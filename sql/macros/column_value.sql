{# The value of an item (columns value_num, value_txt, value_date) as a column of this type. #}
{% macro column_value(type) -%}
{%- if type == 'boolean' -%} case when value_num is not null then value_num = 1 end
{%- elif type == 'integer' -%} cast(value_num as integer)
{%- elif type == 'double' -%} value_num
{%- elif type == 'date' -%} value_date
{%- else -%} value_txt
{%- endif -%}
{%- endmacro %}
