{# Whether the condition `part` (columns of study.item_part) holds of an item: true, false, or null where it may be either. The item
   lies between `lowest` and `highest`, ends included unless is_above or is_below says that it lies beyond them; an end that is
   not known is empty. A condition without limits asks a flag. `listed`: the code of the list, where the code is in it. #}
{% macro item_condition(part, value, listed) -%}
case
    when {{ part }}.code_list is not null
        then case when {{ value }}.value_txt is not null then {{ listed }} is not null end
    when coalesce({{ part }}.min_num, {{ part }}.max_num, {{ part }}.over_num, {{ part }}.under_num) is null
        then {{ value }}.value_num = 1
    else
        case
            when {{ part }}.over_num is null then true
            when {{ value }}.lowest > {{ part }}.over_num then true
            when {{ value }}.lowest = {{ part }}.over_num and {{ value }}.is_above then true
            when {{ value }}.highest <= {{ part }}.over_num then false
        end
        and case
            when {{ part }}.min_num is null then true
            when {{ value }}.lowest >= {{ part }}.min_num then true
            when {{ value }}.highest < {{ part }}.min_num then false
            when {{ value }}.highest = {{ part }}.min_num and {{ value }}.is_below then false
        end
        and case
            when {{ part }}.under_num is null then true
            when {{ value }}.highest < {{ part }}.under_num then true
            when {{ value }}.highest = {{ part }}.under_num and {{ value }}.is_below then true
            when {{ value }}.lowest >= {{ part }}.under_num then false
        end
        and case
            when {{ part }}.max_num is null then true
            when {{ value }}.highest <= {{ part }}.max_num then true
            when {{ value }}.lowest > {{ part }}.max_num then false
            when {{ value }}.lowest = {{ part }}.max_num and {{ value }}.is_above then false
        end
end
{%- endmacro %}

{# Between which numbers an item lies, from its columns: a bound has one end, a score may have two, a number is both. #}
{% macro item_range(value) -%}
coalesce({{ value }}.low_num, case when coalesce({{ value }}.comparator, '=') not in ('<', '<=') then {{ value }}.value_num end) as lowest,
coalesce({{ value }}.high_num, case when coalesce({{ value }}.comparator, '=') not in ('>', '>=') then {{ value }}.value_num end) as highest,
coalesce({{ value }}.comparator = '>', false) as is_above,
coalesce({{ value }}.comparator = '<', false) as is_below
{%- endmacro %}
