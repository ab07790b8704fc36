{# No row is of one of these kinds of finding. #}
{% test none_of_kind(model, kinds) %}
select *
from {{ model }}
where kind_code in ('{{ kinds | join("', '") }}')
{% endtest %}
