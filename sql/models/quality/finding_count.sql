-- Everything that was not understood, could not be right or was rejected, counted: one row a kind, place and code or unit, with what
-- of the study it can touch.
-- A code or unit is shown when it looks like one; anything else by its class (macro shown_code).
with found as (
    select kind_code, finding_code, table_name, column_name, value_code, unit_text, usubjid, record_id, remedy
    from {{ ref('finding') }}
    union all
    select 'rejected', reason_code, table_name, column_name, cast(null as string), cast(null as string),
        cast(null as string), record_id, remedy
    from {{ source('quality', 'rejected_record') }}
),

-- When the record of a finding came: the first delivery that brought it.
arrived as (
{% for table in record_kinds() %}
    select '{{ table }}' as table_name, record_id, delivered_at
    from {{ source('raw', table) }}
    where record_id in (select record_id from {{ ref('finding') }})
    union all
{% endfor %}
    select rejected.table_name, rejected.record_id, ledger.delivered_at
    from {{ source('quality', 'rejected_record') }} as rejected
    inner join {{ source('quality', 'delivery_ledger') }} as ledger
        on rejected.delivery_id = ledger.delivery_id and rejected.table_name = ledger.table_name
),

counted as (
    select
        found.kind_code,
        found.finding_code,
        found.table_name,
        found.column_name,
        found.value_code,
        found.unit_text,
        max(found.remedy) as remedy,
        count(distinct found.record_id) as record_count,
        count(distinct found.usubjid) as subject_count,
        min(arrived.delivered_at) as first_delivered_at,
        row_number() over (
            order by found.kind_code, found.finding_code, found.table_name, found.column_name, found.value_code, found.unit_text
        ) as finding_no
    from found
    left join arrived on found.table_name = arrived.table_name and found.record_id = arrived.record_id
    group by found.kind_code, found.finding_code, found.table_name, found.column_name, found.value_code, found.unit_text
),

-- A code stands for a test where the seed knows it; else every test can be meant.
touched as (
    select distinct counted.finding_no, output.output
    from counted
    left join {{ ref('lab_test') }} as test on counted.value_code = test.local_code
    inner join {{ ref('touched_output') }} as output
        on counted.table_name = output.table_name
        and (counted.column_name = output.column_name or output.column_name is null or counted.column_name is null)
        and (coalesce(test.lbtestcd, counted.value_code, output.test_code) = output.test_code or output.test_code is null)
),

summed as (
    select finding_no, count(*) as touched_count, {{ join_distinct('output') }} as touches
    from touched
    group by finding_no
)

select
    counted.kind_code,
    counted.finding_code,
    counted.table_name,
    counted.column_name,
    counted.value_code,
    counted.unit_text,
    cast(counted.record_count as integer) as record_count,
    cast(counted.subject_count as integer) as subject_count,
    cast(coalesce(summed.touched_count, 0) as integer) as touched_count,
    summed.touches,
    counted.first_delivered_at,
    counted.remedy
from counted
left join summed on counted.finding_no = summed.finding_no
