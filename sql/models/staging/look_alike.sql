-- Records that say exactly what another record of the person says, under a second number, and count each: two equal bags are
-- two, and two lines known as "2018" may be. A data manager must see them. One row a record after the first of its kind.
{% for table in tables_of_kind('event') + tables_of_kind('thing') -%}
{%- set what = record_kinds()[table] -%}
{%- set lists = what.content | select('in', ['target_lesions', 'new_lesions']) | list -%}
select '{{ table }}' as table_name, record_id, usubjid
from (
    select
        counted.usubjid,
        counted.record_id,
        row_number() over (
            partition by
                counted.usubjid{% for column in what.content %},
                {{ 'delivered' if column in lists else 'counted' }}.{{ column }}
                {%- endfor %}
            order by counted.{{ what.key }}
        ) as occurrence
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    {%- if lists %}
    inner join {{ source('raw', table) }} as delivered on counted.record_id = delivered.record_id
    {%- endif %}
) as numbered
where occurrence > 1
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
