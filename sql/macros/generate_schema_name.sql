{# A model's schema is exactly the one its layer declares: analysts see `adam`, never `main_adam`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
