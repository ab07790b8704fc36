{# `code` where every row of the window `of_one` says the same, else null. #}
{% macro said_alike(code, of_one) -%}
case
        when count({{ code }}) over ({{ of_one }}) = count(*) over ({{ of_one }})
            and min({{ code }}) over ({{ of_one }}) = max({{ code }}) over ({{ of_one }}) then {{ code }}
    end
{%- endmacro %}
