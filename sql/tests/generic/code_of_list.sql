{# Values are codes of this list of the contracts. #}
{% test code_of_list(model, column_name, list_name) %}
select told.{{ column_name }}
from {{ model }} as told
left join {{ ref('code_list') }} as listed on listed.list_name = '{{ list_name }}' and told.{{ column_name }} = listed.code
where told.{{ column_name }} is not null and listed.code is null
{% endtest %}
