{# What is known of a value that is reported with a comparator. `<5` lies anywhere from 0 up to, but not on, 5. An end of
   such a range is a value and a side: -1 just below the value, 0 on it, 1 just above it. #}

{# Whether an end of a range compares like this with `bound`; comparison is an expression giving lt, le, gt or ge. Null
   where the value or the bound is unknown. #}
{% macro end_holds(comparison, value, side, bound) -%}
case {{ comparison }}
    when 'lt' then {{ value }} < {{ bound }} or ({{ value }} = {{ bound }} and {{ side }} < 0)
    when 'le' then {{ value }} < {{ bound }} or ({{ value }} = {{ bound }} and {{ side }} <= 0)
    when 'gt' then {{ value }} > {{ bound }} or ({{ value }} = {{ bound }} and {{ side }} > 0)
    when 'ge' then {{ value }} > {{ bound }} or ({{ value }} = {{ bound }} and {{ side }} >= 0)
end
{%- endmacro %}

{# Whether a value with its comparator lies above `bound`: true, false, or null where it may be either. #}
{% macro is_above(comparator, value, bound) -%}
case
    when {{ comparator }} = '=' then {{ value }} > {{ bound }}
    when {{ comparator }} = '>' and {{ value }} >= {{ bound }} then true
    when {{ comparator }} = '>=' and {{ value }} > {{ bound }} then true
    when {{ comparator }} in ('<', '<=') and {{ value }} <= {{ bound }} then false
end
{%- endmacro %}

{# The same for below; no value lies below a bound of 0. #}
{% macro is_below(comparator, value, bound) -%}
case
    when {{ comparator }} = '=' then {{ value }} < {{ bound }}
    when {{ comparator }} = '<' and {{ value }} <= {{ bound }} then true
    when {{ comparator }} = '<=' and {{ value }} < {{ bound }} then true
    when {{ comparator }} in ('>', '>=') and {{ value }} >= {{ bound }} then false
end
{%- endmacro %}
