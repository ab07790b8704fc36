{# Whether a result speaks of the blood: measured in whole blood, plasma or serum. A laboratory that names no material sends
   its routine, which is blood. #}
{% macro is_of_blood(specimen) -%}
coalesce({{ specimen }} in ('blood', 'plasma', 'serum'), true)
{%- endmacro %}
