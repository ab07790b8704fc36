{# What the columns mean that a study declares, for `config(meta={'column_comments': ...})`: who builds the table
   writes them. #}

{% macro subject_column_comments() -%}
{%- set found = {} -%}
{%- for column in var('study_columns', []) -%}
{%- do found.update({column.name: column.description}) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{% macro outcome_column_comments() -%}
{%- set found = {} -%}
{%- for paramcd, param in var('endpoint_labels', {}).items() -%}
{%- set name = paramcd | lower -%}
{%- do found.update({
    name ~ '_days': param ~ ', in days; empty where it never started.',
    name ~ '_months': param ~ ', in months of 365/12 days.',
    'has_' ~ name ~ '_event': param ~ ': the event happened; else censored.',
    name ~ '_reason': param ~ ': the event, or the rule that censored.',
}) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}
