{# Anchors and items select occurrences of facts in the same words (study.anchor, study.item): these two macros read them.
   `declared` is a query of declarations with a column `name`; `known` a relation of known days (usubjid, anchor, anchor_date,
   course_id). #}

{# Occurrences that a declaration selects, one row a subject, declaration and occurrence: `day` is the day it counts on. A limit of which the subject has no
   anchor: no `until` and no `before` is no limit, else nothing is selected. With with_doubt also those (is_in_doubt) of which nobody
   knows the code that the list asks for. #}
{% macro selected_occurrences(declared, known, with_doubt=false) -%}
select
    declared.name,
    dated.*,
    {% if with_doubt -%}
    declared.code_list is not null and dated.value_txt is null as is_in_doubt,
    {% endif -%}
    {{ counted_day() }} as day,
    {{ days_between('zero.anchor_date', counted_day()) }} as distance_days
from ({{ declared }}) as declared
inner join {{ ref('study_fact') }} as dated
    on declared.fact = dated.fact and {{ is_of_detail('declared') }}
{% for alias, column in [
    ('course', 'of_course'), ('zero', 'anchor'), ('since', 'from_anchor'), ('later', 'after_anchor'), ('latest', 'until_anchor'),
    ('ending', 'before_anchor'),
] %}
left join {{ known }} as {{ alias }} on dated.usubjid = {{ alias }}.usubjid and declared.{{ column }} = {{ alias }}.anchor
{% endfor %}
left join {{ source('study', 'code_list') }} as listed on declared.code_list = listed.code_list and dated.value_txt = listed.code
left join {{ source('study', 'code_list') }} as barred
    on declared.without_code_list = barred.code_list and dated.value_txt = barred.code
where (declared.code_list is null or listed.code is not null{% if with_doubt %} or dated.value_txt is null{% endif %})
    and barred.code is null
    and (declared.without_max_num is null or dated.value_num is null or dated.value_num > declared.without_max_num)
    and (declared.of_course is null or dated.course_id = course.course_id)
    and (declared.from_day is null or {{ days_between('zero.anchor_date', counted_day()) }} >= declared.from_day)
    and (declared.to_day is null or {{ days_between('zero.anchor_date', counted_day()) }} <= declared.to_day)
    and (declared.from_anchor is null or {{ counted_day() }} >= since.anchor_date)
    and (declared.after_anchor is null or {{ counted_day() }} > later.anchor_date)
    and (latest.anchor_date is null or {{ counted_day() }} <= latest.anchor_date)
    and (ending.anchor_date is null or {{ counted_day() }} < ending.anchor_date)
{%- endmacro %}

{# Whether an occurrence (`dated`) is of the detail that a declaration names, or of one of several joined by comma. #}
{% macro is_of_detail(declared) -%}
({{ declared }}.detail_code is null or position(',' || dated.detail_code || ',' in ',' || {{ declared }}.detail_code || ',') > 0)
{%- endmacro %}

{# A day known by its month is the first of it, but not before the day that its window starts from; nor, in a window of days around
   an anchor, before that anchor or the day that ends the window: each when the month reaches it. #}
{% macro counted_day() -%}
case
    when dated.adtf = 'D' then greatest(
        dated.fact_date,
        case when dated.latest_date >= since.anchor_date then since.anchor_date else dated.fact_date end,
        case when dated.latest_date >= zero.anchor_date then zero.anchor_date else dated.fact_date end,
        case
            when declared.anchor is not null and dated.latest_date >= ending.anchor_date then ending.anchor_date
            else dated.fact_date
        end
    )
    else dated.fact_date
end
{%- endmacro %}

{# Whether a declaration can be asked of a subject at all: every anchor that it starts from is known. One row a screened subject and
   declaration. #}
{% macro asked_of(declared, known) -%}
select
    subject.usubjid,
    declared.*,
    {% for alias, column in [('course', 'of_course'), ('zero', 'anchor'), ('since', 'from_anchor'), ('later', 'after_anchor')] -%}
    (declared.{{ column }} is null or {{ alias }}.anchor is not null)
    {{- ' and ' if not loop.last }}
    {%- endfor %} as is_asked
from ({{ declared }}) as declared
cross join {{ ref('screened') }} as subject
{% for alias, column in [('course', 'of_course'), ('zero', 'anchor'), ('since', 'from_anchor'), ('later', 'after_anchor')] %}
left join {{ known }} as {{ alias }} on subject.usubjid = {{ alias }}.usubjid and declared.{{ column }} = {{ alias }}.anchor
{%- endfor %}
{%- endmacro %}
