{#- A table is replaced in one transaction and one call, its comments with it. The adapter's own way (build beside,
    rename twice, drop, read the columns back, comment) costs more than the query of a small model; the build file is
    private to the night, so nobody could read the table that stands meanwhile. -#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
        drop table if exists {{ target }};
        {{ create_table_as(False, target, compiled_code) }}
        {%- if model.description %}{{ alter_relation_comment(target, model.description) }}{% endif %}
        {%- for column in model.columns.values() if column.description %}
        comment on column {{ target }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
        {%- endfor %}
        {%- for name, text in config.get('meta', {}).get('column_comments', {}).items() %}
        comment on column {{ target }}.{{ name }} is {{ duckdb_escape_comment(text) }};
        {%- endfor %}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
