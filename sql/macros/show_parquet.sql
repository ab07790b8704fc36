{# On Apache Spark: whatever the selected models read and this run does not build, as tables over the Parquet files that
   lie in the warehouse folder under their schema and name. #}
{% macro show_parquet() -%}
{%- if execute and target.type == 'spark' and flags.WHICH in ('run', 'build') -%}
{%- set folder, read = env_var('CARTWRIGHT_SPARK_TABLES'), [] -%}
{%- for name in selected_resources if name in graph.nodes -%}
{%- do read.extend(graph.nodes[name].depends_on.nodes) -%}
{%- endfor -%}
{%- for name in read | unique if name not in selected_resources -%}
{%- set node = graph.sources[name] if name in graph.sources else graph.nodes[name] -%}
{%- do run_query('create schema if not exists ' ~ node.schema) -%}
{%- do run_query(
    'create table if not exists ' ~ node.schema ~ '.' ~ node.name ~ " using parquet location '" ~ folder ~ '/' ~ node.schema
    ~ '.db/' ~ node.name ~ "'"
) -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro %}
