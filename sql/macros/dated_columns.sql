{# The columns of a dated fact from what a query has for them: expressions by column name. A day that is not said to be a range is
   one day, a row is known from its own day on, and anything else that is not given is empty. #}
{% macro dated_columns(given) -%}
{%- set fact_date = given.get('fact_date', 'null') -%}
{%- set usual = {
    'usubjid': 'usubjid', 'record_id': 'record_id', 'latest_date': fact_date, 'known_date': fact_date,
} -%}
{%- for name, type in {
    'usubjid': 'string',
    'fact': 'string',
    'order_no': 'integer',
    'fact_date': 'date',
    'latest_date': 'date',
    'adtf': 'string',
    'value_num': 'double',
    'value_txt': 'string',
    'detail_code': 'string',
    'course_id': 'string',
    'source_id': 'string',
    'collected_at': instant_type(),
    'known_date': 'date',
    'superseded_date': 'date',
    'srcdom': 'string',
    'srcvar': 'string',
    'record_id': 'string',
}.items() %}
    cast({{ given.get(name, usual.get(name, 'null')) }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}
