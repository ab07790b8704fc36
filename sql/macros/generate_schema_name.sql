{# A model's schema is exactly the one its layer declares: analysts see `adam`, never `main_adam`. What a study brings itself
   derives its own facts, items and endpoints, whatever its folder is called, unless it is for readers. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if node.resource_type == 'model' and not node.original_file_path.startswith('models/')
        and custom_schema_name not in ['adam', 'mart'] -%}
    eligibility
    {%- else -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
    {%- endif -%}
{%- endmacro %}
