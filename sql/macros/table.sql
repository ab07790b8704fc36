{#- A table is replaced in one transaction and one call, its comments with it. The adapter's own way (build beside,
    rename twice, drop, read the columns back, comment) costs more than the query of a small model; the build file is
    private to the night, so nobody could read the table that stands meanwhile. A column that only some studies have
    says with which variable of the project (meta only_with). -#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
        drop table if exists {{ target }};
        {{ create_table_as(False, target, compiled_code) }}
        {%- if model.description %}{{ alter_relation_comment(target, model.description) }}{% endif %}
        {%- for column in model.columns.values() if column.description %}
        {%- set only_with = column.get('config', {}).get('meta', {}).get('only_with') %}
        {%- if not only_with or var(only_with, true) %}
        comment on column {{ target }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
        {%- endif %}
        {%- endfor %}
        {%- for name, text in config.get('meta', {}).get('column_comments', {}).items() %}
        comment on column {{ target }}.{{ name }} is {{ duckdb_escape_comment(text) }};
        {%- endfor %}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
