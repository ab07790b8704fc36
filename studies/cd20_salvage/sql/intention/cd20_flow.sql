-- From ordered to compared CD20 cells, one row a step in its order; seq 0 is every patient with an order.
with step (seq, criterion_id, label, end_code) as (
    values
    (0, 'screened', 'CD20 cells ordered', ''),
    (1, 'manufactured', 'Least dose harvested', 'not_manufactured'),
    (2, 'infused', 'Cells infused', 'not_infused'),
    (3, 'compared', 'Infused as the compared therapy of an included patient', 'not_compared')
),

counted as (
    select step.seq, step.criterion_id, step.label, step.end_code, count(patient.usubjid) as excluded_count
    from step
    left join {{ ref('cd20_intention') }} as patient on step.end_code = patient.cd20_order_end_code
    group by step.seq, step.criterion_id, step.label, step.end_code
)

select
    seq,
    criterion_id,
    label,
    nullif(end_code, '') as end_code,
    excluded_count,
    cast((select count(*) from {{ ref('cd20_intention') }}) - sum(excluded_count) over (order by seq) as bigint) as remaining_count
from counted
