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
{% macro spark__join_distinct(value) -%}case when count({{ value }}) > 0 then array_join(sort_array(collect_set({{ value }})), '+') end{%- endmacro %}

{# One row for each element of a list column; rows with an empty or missing list disappear. #}
{% macro explode(list) -%}{{ adapter.dispatch('explode', 'cartwright')(list) }}{%- endmacro %}
{% macro default__explode(list) -%}unnest({{ list }}){%- endmacro %}
{% macro spark__explode(list) -%}explode({{ list }}){%- endmacro %}

{# The rows of a query that later parts of a model name often. Spark copies what a name stands for into every place that names it, be
   it a part of the query or a view, and levels that each name the one before ten times never end. There the rows are a table of
   their own, `name`_kept, and a view of it is called `name`: so the query names nothing of its model but tables and what was kept
   before, and whatever holds the rows is called `name`. #}
{% macro kept(name, query) -%}{{ adapter.dispatch('kept', 'cartwright')(name, query) }}{%- endmacro %}
{% macro default__kept(name, query) -%}{{ query }}{%- endmacro %}
{% macro spark__kept(name, query) -%}
{%- set table = this.schema ~ '.' ~ name ~ '_kept' -%}
{%- if execute and flags.WHICH in ('run', 'build') -%}
{%- do run_query('drop table if exists ' ~ table) -%}
{%- do run_query('create table ' ~ table ~ ' using parquet as ' ~ query) -%}
{%- do run_query('create or replace temporary view ' ~ name ~ ' as select * from ' ~ table) -%}
{%- endif -%}
select * from {{ table }}
{%- endmacro %}

{# Completed years from `birth` to `day`: one more on the birthday itself, a 29 February counts on 1 March of a common year. #}
{% macro completed_years(birth, day) -%}
(year({{ day }}) - year({{ birth }})
    - case when month({{ day }}) * 100 + day({{ day }}) < month({{ birth }}) * 100 + day({{ birth }}) then 1 else 0 end)
{%- endmacro %}

{# The type of an instant: a moment of the world, told in UTC. `timestamp` is a wall clock. #}
{% macro instant_type() -%}{{ adapter.dispatch('instant_type', 'cartwright')() }}{%- endmacro %}
{% macro default__instant_type() -%}timestamp with time zone{%- endmacro %}
{% macro spark__instant_type() -%}timestamp_ltz{%- endmacro %}

{# A `double` as text, without an exponent: 5.0, 0.25, 0.00001. Below 10^15; below 0.0001 of at most 15 decimals. #}
{% macro number_text(number) -%}{{ adapter.dispatch('number_text', 'cartwright')(number) }}{%- endmacro %}
{% macro default__number_text(number) -%}
case
    when abs({{ number }}) < 0.0001 and {{ number }} <> 0
        then trim(trailing '0' from cast(cast({{ number }} as decimal(18, 15)) as string))
    else cast({{ number }} as string)
end
{%- endmacro %}
{% macro spark__number_text(number) -%}
case
    when {{ number }} = 0 or abs({{ number }}) between 0.001 and 9999999 then cast({{ number }} as string)
    when {{ number }} is not null then regexp_replace(
        case
            when abs({{ number }}) < 0.0001 then format_string('%.15f', {{ number }})
            else cast(cast(cast({{ number }} as string) as decimal(38, 21)) as string)
        end,
        r'(?<=[.][0-9]{1,21})0+\z',
        ''
    )
end
{%- endmacro %}

{# `text` without blanks at its ends, whatever blank of Unicode (Zs) it is. #}
{% macro trimmed(text) -%}{{ adapter.dispatch('trimmed', 'cartwright')(text) }}{%- endmacro %}
{% macro default__trimmed(text) -%}trim({{ text }}){%- endmacro %}
{% macro spark__trimmed(text) -%}regexp_replace({{ text }}, r'^\p{Zs}+|\p{Zs}+\z', ''){%- endmacro %}

{# Whether the whole text matches a regular expression. A pattern is what RE2 and Java read alike: `$` in it is the end of the
   text, and '' a quotation mark. #}
{% macro fully_matches(text, pattern) -%}{{ adapter.dispatch('fully_matches', 'cartwright')(text, pattern) }}{%- endmacro %}
{% macro default__fully_matches(text, pattern) -%}regexp_full_match({{ text }}, '{{ pattern }}'){%- endmacro %}
{% macro spark__fully_matches(text, pattern) -%}({{ text }} rlike {{ java_pattern('^(' ~ pattern ~ ')$') }}){%- endmacro %}

{# Whether a regular expression matches somewhere in `text`. #}
{% macro matches(text, pattern) -%}{{ adapter.dispatch('matches', 'cartwright')(text, pattern) }}{%- endmacro %}
{% macro default__matches(text, pattern) -%}regexp_matches({{ text }}, '{{ pattern }}'){%- endmacro %}
{% macro spark__matches(text, pattern) -%}({{ text }} rlike {{ java_pattern(pattern) }}){%- endmacro %}

{# What group `group` of the first match of a regular expression holds (0: the whole match); '' without a match. #}
{% macro matched(text, pattern, group) -%}{{ adapter.dispatch('matched', 'cartwright')(text, pattern, group) }}{%- endmacro %}
{% macro default__matched(text, pattern, group) -%}regexp_extract({{ text }}, '{{ pattern }}', {{ group }}){%- endmacro %}
{% macro spark__matched(text, pattern, group) -%}regexp_extract({{ text }}, {{ java_pattern(pattern) }}, {{ group }}){%- endmacro %}

{# A pattern of RE2 as a literal of Spark whose backslashes are read by Java alone, where `$` would match before a last line end. #}
{% macro java_pattern(pattern) -%}
r'(?d){{ pattern | replace("''", "\\x27") | replace("$", "\\z") }}'
{%- endmacro %}
