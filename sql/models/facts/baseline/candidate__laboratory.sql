-- Baseline candidates from the laboratory: LDH, and LDH as a multiple of the upper limit of its own record.
-- Only a value that was measured counts for LDH itself. For the ratio `>` counts above the limit and `<` up to it: there
-- the side of the limit is known, and the printed number is its bound.
select
    usubjid,
    'ldh_u_per_l' as item,
    value as value_num,
    cast(null as varchar) as value_txt,
    collected_date as evidence_date,
    collected_at,
    cast(seq as varchar) as source_no,
    'lb' as srcdom,
    record_id
from {{ ref('lab_value') }}
where lbtestcd = 'LDH' and comparator = '='
union all
select usubjid, 'ldh_ratio_uln', value / high, null, collected_date, collected_at, cast(seq as varchar), 'lb', record_id
from {{ ref('lab_value') }}
where lbtestcd = 'LDH'
    and high > 0
    and (comparator = '=' or (comparator = '>' and value > high) or (comparator = '<' and value <= high))
