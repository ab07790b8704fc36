-- SDTM sequence number of every record that an assessment or endpoint fact rests on, one row a record and domain; of several
-- rows of one record in a domain the lowest.
with needed as (
    select record_id from {{ ref('endpoint_fact') }}
    union
    select record_id from {{ ref('followup_assessment') }}
),

numbered as (
    {% for domain in ['ae', 'cm', 'cp', 'ds', 'ex', 'ft', 'gf', 'lb', 'mi', 'nv', 'pr', 'rs', 'ss', 'tu', 'vs'] -%}
    select usubjid, '{{ domain }}' as srcdom, record_id, {{ domain }}seq as srcseq
    from {{ ref(domain) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
)

select
    numbered.usubjid,
    numbered.srcdom,
    numbered.record_id,
    cast(min(numbered.srcseq) as integer) as srcseq
from numbered
inner join needed on numbered.record_id = needed.record_id
group by numbered.usubjid, numbered.srcdom, numbered.record_id
