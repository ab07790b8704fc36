{# Values are what the catalogue says: a date has none, a flag is 1 or 0, a code is text, a number is a number. #}
{% test value_of_type(model) %}
select fact.fact
from {{ model }} as fact
inner join {{ ref('fact') }} as catalogue on fact.fact = catalogue.fact
where case catalogue.value_type
    when 'date' then fact.value_num is not null or fact.value_txt is not null
    when 'flag' then fact.value_num not in (0, 1)
    when 'code' then fact.value_num is not null and fact.value_txt is null
    when 'number' then not isfinite(fact.value_num)
end
    or catalogue.detail_codes is null and fact.detail_code is not null
{% endtest %}
