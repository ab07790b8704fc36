{# The number in a result as a laboratory reports it, with or without < or >; null for a remark. Decimal, not double: it
   refuses words like "nan" and "infinity". #}
{% macro reported_number(text) -%}
try_cast(trim(ltrim(trim({{ text }}), '<>')) as decimal(18, 6))
{%- endmacro %}
