{# The rows of the hospital (schema hospital, loaded from its folder) take their place in a seed: each replaces the standard's of
   the same key. A hook of the seeds, so that models and their unit tests know one table. #}
{% macro with_hospital_rows(key) -%}
{%- set own = 'hospital.' ~ this.identifier -%}
delete from {{ this }} where exists (
    select 1 from {{ own }} as own
    where {% for name in key %}own.{{ name }} is not distinct from {{ this.identifier }}.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
);
insert into {{ this }} by name select * from {{ own }}
{%- endmacro %}

{# A laboratory value is a dated fact, and so is that of a test that only the hospital has (quantity.csv of its folder). #}
{% macro with_own_tests() -%}
insert into {{ this }} (fact, value_type, unit, may_be_bound, feeds, description)
select
    'lab_' || lower(own.lbtestcd), 'number', own.standard_unit, true, 'lis_lab_result', own.lbtestcd || ', a test of the hospital'
from hospital.quantity as own
where not exists (select 1 from {{ this }} as known where known.fact = 'lab_' || lower(own.lbtestcd))
{%- endmacro %}
