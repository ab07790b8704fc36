-- Peak of each cytokine in the window of each CAR-T course and the first day it was reached: the highest value that is
-- certain. `<10` is at least 0 and beats no measured value; `>10000` is a peak of at least that. Where a value reported as
-- below a number could still be higher than the peak, or one reported as above a lower one was measured, the peak is told as at
-- least its value. With nothing but such values
-- the peak lies below the highest of them.
with bounded as (
    select
        cytokine.*,
        comparator in ('<', '<=') as is_below,
        max(case when comparator in ('<', '<=') then value end) over (partition by course_id, lbtestcd) as highest_limit,
        max(case when comparator in ('>', '>=') then 1 else 0 end) over (partition by course_id, lbtestcd) = 1 as is_open_above
    from {{ ref('cytokine') }} as cytokine
),

ranked as (
    select
        bounded.*,
        row_number() over (
            partition by course_id, lbtestcd
            -- of one value, more than it is higher
            order by is_below, value desc, case when comparator = '>' then 0 else 1 end, days_since_infusion, seq
        ) as preference
    from bounded
)

select
    usubjid,
    course_id,
    lbtestcd,
    value as peak_value,
    case when not is_below and comparator = '=' and (highest_limit > value or is_open_above) then '>=' else comparator end as comparator,
    unit,
    days_since_infusion as peak_days,
    record_id
from ranked
where preference = 1
