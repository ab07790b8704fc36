{# The parts of a number as a laboratory reports it. `text` is the reported text after folded_value. #}

{# One spelling for signs that look alike: full-width forms, blanks, comparators, minus. #}
{% macro folded_value(text) -%}
{%- set folded -%}
replace(replace(replace(replace(replace(replace(replace(
    translate(
        {{ text }},
        '０１２３４５６７８９．，＜＞＝＋－％＊（）　   ’−‐–',
        '0123456789.,<>=+-%*()    ''---'
    ),
    '≤', '<='), '≦', '<='), '⩽', '<='), '≥', '>='), '≧', '>='), '⩾', '>='), '＾', '^')
{%- endset -%}
{{ trimmed(folded) }}
{%- endmacro %}

{# The comparator in front: <, <=, >, >=, or = where none is given. #}
{% macro reported_comparator(text) -%}
case {{ matched(text, '^(<\\s*=|=\\s*<|>\\s*=|=\\s*>|[<>=])', 1) }}
    when '' then '='
    when '=' then '='
    when '<' then '<'
    when '>' then '>'
    else case when {{ matches(text, '^(<|=\\s*<)') }} then '<=' else '>=' end
end
{%- endmacro %}

{# What follows the comparator. #}
{% macro after_comparator(text) -%}
{%- set signs = matched(text, '^(<\\s*=|=\\s*<|>\\s*=|=\\s*>|[<>=])', 1) -%}
{{ trimmed('substr(' ~ text ~ ', 1 + length(' ~ signs ~ '))') }}
{%- endmacro %}

{# The decimal number that a mantissa with decimal marks and separators of thousands means, as text with a point; null
   where it can mean two (`1,234`) or none. A comma before exactly three digits may separate thousands, elsewhere it is a
   decimal comma; a point is always the decimal point unless it comes twice. Where the hospital says that its laboratory
   writes decimal commas (decimal_mark in hospital.yml), points before three digits separate thousands. #}
{% macro decimal_text(mantissa) -%}
case
    {% if var('decimal_mark', '.') == ',' -%}
    when {{ matches(mantissa, '^([0-9]+|[1-9][0-9]{0,2}([.][0-9]{3})+)?(,[0-9]+)?$') }} and {{ mantissa }} <> ''
        then replace(replace({{ mantissa }}, '.', ''), ',', '.')
    {% endif -%}
    when {{ matches(mantissa, '^([0-9]+[.]?[0-9]*|[.][0-9]+)$') }} then {{ mantissa }}
    when {{ matches(mantissa, '^[1-9][0-9]{0,2}(,[0-9]{3})+[.][0-9]+$') }}
        or {{ matches(mantissa, '^[1-9][0-9]{0,2}(,[0-9]{3}){2,}$') }} then replace({{ mantissa }}, ',', '')
    when {{ matches(mantissa, '^[1-9][0-9]{0,2}([.][0-9]{3})+,[0-9]+$') }}
        or {{ matches(mantissa, '^[1-9][0-9]{0,2}([.][0-9]{3}){2,}$') }}
        then replace(replace({{ mantissa }}, '.', ''), ',', '.')
    when {{ matches(mantissa, "^[1-9][0-9]{0,2}(''[0-9]{3})+([.,][0-9]+)?$") }}
        then replace(replace({{ mantissa }}, '''', ''), ',', '.')
    when {{ matches(mantissa, '^[1-9][0-9]{0,2},[0-9]{3}$') }} then null
    when {{ matches(mantissa, '^[0-9]*,[0-9]+$') }} then replace({{ mantissa }}, ',', '.')
end
{%- endmacro %}
