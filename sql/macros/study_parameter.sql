{# The value of a study parameter, a number ('num') or a 'date'. This is the only way in which a model reads one:
   warehouse/study/parameters.py finds these calls, and the loader refuses a study that lacks one of them. A value that is
   not there is an error, never 0 or false. One row and column; read it into a common table expression. #}
{% macro study_parameter(name, kind='num') -%}
coalesce(
    (select value_{{ kind }} from {{ source('study', 'parameter') }} where parameter = '{{ name }}'),
    {{ raise("study parameter " ~ name ~ " is missing") }}
)
{%- endmacro %}

{# An expression that ends the query with `message` when it is evaluated. #}
{% macro raise(message) -%}{{ adapter.dispatch('raise', 'cartwright')(message) }}{%- endmacro %}
{% macro default__raise(message) -%}error('{{ message }}'){%- endmacro %}
{% macro spark__raise(message) -%}raise_error('{{ message }}'){%- endmacro %}
