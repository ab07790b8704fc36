{# Cut-offs of the stains, in % of lymphoma cells. hans: positive from here in the Hans algorithm (Hans 2004,
   doi 10.1182/blood-2003-05-1545). antigen: CD19 and CD20 on the tumour (Xue 2024, doi 10.3389/fonc.2024.1376490). #}
{% macro positive_percent(name) -%}
{%- set numbers = {'hans': '30', 'antigen': '1'} -%}
{{ numbers[name] }}
{%- endmacro %}

{# `code` where every row of the window `of_one` says the same, else null. #}
{% macro said_alike(code, of_one) -%}
case
        when count({{ code }}) over ({{ of_one }}) = count(*) over ({{ of_one }})
            and min({{ code }}) over ({{ of_one }}) = max({{ code }}) over ({{ of_one }}) then {{ code }}
    end
{%- endmacro %}
