{# Partial dates (YYYY, YYYY-MM or YYYY-MM-DD as text) and the hospital's wall clock. Anything else gives null. #}

{# The first day a partial date can mean. #}
{% macro impute_first(text) -%}
case length({{ text }})
    when 10 then cast({{ text }} as date)
    when 7 then cast({{ text }} || '-01' as date)
    when 4 then cast({{ text }} || '-01-01' as date)
end
{%- endmacro %}

{# The last day a partial date can mean. #}
{% macro impute_last(text) -%}
case length({{ text }})
    when 10 then cast({{ text }} as date)
    when 7 then last_day(cast({{ text }} || '-01' as date))
    when 4 then cast({{ text }} || '-12-31' as date)
end
{%- endmacro %}

{# The highest part that had to be imputed: 'D' the day, 'M' month and day; null when nothing was (CDISC --DTF). #}
{% macro date_imputation_flag(text) -%}
case length({{ text }}) when 7 then 'D' when 4 then 'M' end
{%- endmacro %}

{# The last day that a day can mean whose missing part (`flag`: D or M) is the first possible. #}
{% macro latest_of(day, flag) -%}
case {{ flag }} when 'D' then last_day({{ day }}) when 'M' then make_date(year({{ day }}), 12, 31) else {{ day }} end
{%- endmacro %}

{# The instant (UTC) of a wall-clock time of the hospital; needs `hospital_zone` among the columns of the query. Of an
   hour that comes twice in autumn it is the second. #}
{% macro wall_clock_to_utc(column) -%}
{{ adapter.dispatch('wall_clock_to_utc', 'cartwright')(column) }}
{%- endmacro %}
{% macro default__wall_clock_to_utc(column) -%}timezone(hospital_zone, {{ column }}){%- endmacro %}
{% macro spark__wall_clock_to_utc(column) -%}
{%- set first = 'to_utc_timestamp(' ~ column ~ ', hospital_zone)' -%}
{%- set later = first ~ ' + interval 1 hour' -%}
case when from_utc_timestamp({{ later }}, hospital_zone) = {{ column }} then {{ later }} else {{ first }} end
{%- endmacro %}

{# The calendar day of an instant (UTC) in the hospital of zone `zone`. #}
{% macro local_day(instant, zone) -%}{{ adapter.dispatch('local_day', 'cartwright')(instant, zone) }}{%- endmacro %}
{% macro default__local_day(instant, zone) -%}cast(timezone({{ zone }}, {{ instant }}) as date){%- endmacro %}
{% macro spark__local_day(instant, zone) -%}to_date(from_utc_timestamp({{ instant }}, {{ zone }})){%- endmacro %}

{# ADaM study day of `day`: 1 is the reference day, the day before it -1; there is no day 0. #}
{% macro study_day(reference, day) -%}
{{ days_between(reference, day) }} + case when {{ day }} >= {{ reference }} then 1 else 0 end
{%- endmacro %}
