{# The few functions whose spelling differs between DuckDB and Apache Spark. #}

{# Whole days from `earlier` to `later` (two dates): 0 on the same day. #}
{% macro days_between(earlier, later) -%}{{ adapter.dispatch('days_between', 'cartwright')(earlier, later) }}{%- endmacro %}
{% macro default__days_between(earlier, later) -%}(cast({{ later }} as date) - cast({{ earlier }} as date)){%- endmacro %}
{% macro spark__days_between(earlier, later) -%}datediff({{ later }}, {{ earlier }}){%- endmacro %}

{# The date `days` whole days after `day`; negative days go back. #}
{% macro add_days(day, days) -%}{{ adapter.dispatch('add_days', 'cartwright')(day, days) }}{%- endmacro %}
{% macro default__add_days(day, days) -%}(cast({{ day }} as date) + cast({{ days }} as integer)){%- endmacro %}
{% macro spark__add_days(day, days) -%}date_add({{ day }}, cast({{ days }} as int)){%- endmacro %}

{# The distinct values of a group, sorted and joined by '+'. #}
{% macro join_distinct(value) -%}{{ adapter.dispatch('join_distinct', 'cartwright')(value) }}{%- endmacro %}
{% macro default__join_distinct(value) -%}string_agg(distinct {{ value }}, '+' order by {{ value }}){%- endmacro %}
{% macro spark__join_distinct(value) -%}nullif(array_join(sort_array(collect_set({{ value }})), '+'), ''){%- endmacro %}

{# One row for each element of a list column; rows with an empty or missing list disappear. #}
{% macro explode(list) -%}{{ adapter.dispatch('explode', 'cartwright')(list) }}{%- endmacro %}
{% macro default__explode(list) -%}unnest({{ list }}){%- endmacro %}
{% macro spark__explode(list) -%}explode({{ list }}){%- endmacro %}

{# Completed years from `birth` to `day`: one more on the birthday itself, a 29 February counts on 1 March of a common year. #}
{% macro completed_years(birth, day) -%}
(year({{ day }}) - year({{ birth }})
    - case when month({{ day }}) * 100 + day({{ day }}) < month({{ birth }}) * 100 + day({{ birth }}) then 1 else 0 end)
{%- endmacro %}

{# Whether the whole text matches a regular expression. #}
{% macro fully_matches(text, pattern) -%}{{ adapter.dispatch('fully_matches', 'cartwright')(text, pattern) }}{%- endmacro %}
{% macro default__fully_matches(text, pattern) -%}regexp_full_match({{ text }}, '{{ pattern }}'){%- endmacro %}
{% macro spark__fully_matches(text, pattern) -%}({{ text }} rlike '^({{ pattern }})$'){%- endmacro %}

{# Whether a regular expression matches somewhere in `text`. #}
{% macro matches(text, pattern) -%}{{ adapter.dispatch('matches', 'cartwright')(text, pattern) }}{%- endmacro %}
{% macro default__matches(text, pattern) -%}regexp_matches({{ text }}, '{{ pattern }}'){%- endmacro %}
{% macro spark__matches(text, pattern) -%}({{ text }} rlike r'{{ pattern }}'){%- endmacro %}

{# What group `group` of the first match of a regular expression holds (0: the whole match); '' without a match. #}
{% macro matched(text, pattern, group) -%}{{ adapter.dispatch('matched', 'cartwright')(text, pattern, group) }}{%- endmacro %}
{% macro default__matched(text, pattern, group) -%}regexp_extract({{ text }}, '{{ pattern }}', {{ group }}){%- endmacro %}
{% macro spark__matched(text, pattern, group) -%}regexp_extract({{ text }}, r'{{ pattern }}', {{ group }}){%- endmacro %}
