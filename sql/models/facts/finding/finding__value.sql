-- Values that no model could use, of every column that is read through a list or a limit (macros/understood.sql): one row a
-- finding and record, with the table, the column and the code or unit as they were sent. Reads the raw record behind each
-- staging row, because staging has made such a value unknown.
-- unknown_code: not in the code list of its column. Remedy: a row in the seed code_list, or another code at the source.
-- implausible_value: beyond a limit of the seed plausible_limit; detail says whether it counts as unknown or is used.
-- date_after_delivery: it happened later than it was delivered.
-- birth_date_implausible: born after the delivery, or more years before it than anybody lives.
with coded as (
{% for table, column, list_name in coded_columns() %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        '{{ list_name }}' as list_name,
        {{ 'cast(null as varchar)' if table == 'ehr_cart_product' else 'counted.usubjid' }} as usubjid,
        counted.record_id,
        {{ 'raw.' ~ column if '.' not in column else 'raw.element.' ~ column.split('.')[1] }} as value_code
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    inner join {{ raw_column(table, column) }} as raw on counted.record_id = raw.record_id
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

measured as (
{% for table, column in limited_columns() %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        {{ 'cast(null as varchar)' if table == 'ehr_cart_product' else 'counted.usubjid' }} as usubjid,
        counted.record_id,
        cast({{ 'raw.' ~ column if '.' not in column else 'raw.element.' ~ column.split('.')[1] }} as double) as number
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    inner join {{ raw_column(table, column) }} as raw on counted.record_id = raw.record_id
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

-- A value beyond two limits is one finding, of the limit that decides more.
beyond as (
    select
        measured.table_name,
        measured.column_name,
        measured.usubjid,
        measured.record_id,
        max(case when plausible.action_code = 'unknown' then 1 else 0 end) as is_unknown,
        max(plausible.unit) as unit_text
    from measured
    inner join {{ ref('plausible_limit') }} as plausible
        on measured.table_name = plausible.table_name
        and measured.column_name = plausible.column_name
        and plausible.test_code is null
        and (measured.number < plausible.low or measured.number > plausible.high)
        and (plausible.allowed_value is null or measured.number <> plausible.allowed_value)
    group by measured.table_name, measured.column_name, measured.usubjid, measured.record_id
),

happened as (
{% for table, column in event_columns().items() %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        counted.usubjid,
        counted.record_id,
        {{ impute_first('substr(cast(raw.' ~ column ~ ' as varchar), 1, 10)') }} as first_day,
        raw.delivered_at
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    inner join {{ source('raw', table) }} as raw on counted.record_id = raw.record_id
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select distinct
    'unknown_code' as finding_code,
    coded.usubjid,
    coded.record_id,
    coded.value_code as detail_code,
    coded.table_name,
    coded.column_name,
    coded.value_code,
    cast(null as varchar) as unit_text
from coded
left join {{ ref('code_list') }} as known on coded.list_name = known.list_name and coded.value_code = known.code
where coded.value_code is not null and known.code is null
union all
select
    'implausible_value',
    usubjid,
    record_id,
    case when is_unknown = 1 then 'unknown' else 'used' end,
    table_name,
    column_name,
    cast(null as varchar),
    unit_text
from beyond
union all
select 'date_after_delivery', usubjid, record_id, cast(null as varchar), table_name, column_name, cast(null as varchar), cast(null as varchar)
from happened
where not {{ by_delivery('first_day') }}
union all
select 'birth_date_implausible', usubjid, record_id, cast(null as varchar), 'ehr_patient', 'birth_date', cast(null as varchar), cast(null as varchar)
from ({{ current_row('ehr_patient', 'mrn') }}) as person
where usubjid is not null and birth_date is not null and {{ plausible_birth('birth_date') }} is null
