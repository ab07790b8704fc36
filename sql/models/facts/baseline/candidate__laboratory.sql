-- Baseline candidates from the laboratory: LDH, and LDH as a multiple of the upper limit of its own record.
-- Only a value that was measured counts for LDH itself. A ratio of a value reported as below or above a number keeps its
-- comparator in value_txt: whether it lies above a limit may be known all the same, or not.
select
    usubjid,
    'ldh_u_per_l' as item,
    value as value_num,
    cast(null as string) as value_txt,
    collected_date as evidence_date,
    collected_at,
    cast(seq as string) as source_no,
    'lb' as srcdom,
    record_id
from {{ ref('lab_value') }}
where lbtestcd = 'LDH' and comparator = '='
union all
select
    usubjid,
    'ldh_ratio_uln',
    value / high,
    case when comparator <> '=' then comparator end,
    collected_date,
    collected_at,
    cast(seq as string),
    'lb',
    record_id
from {{ ref('lab_value') }}
where lbtestcd = 'LDH' and high > 0
