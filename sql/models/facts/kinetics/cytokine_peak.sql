-- Peak of each cytokine in the window of each CAR-T course: the highest value and the first day it was reached.
select
    usubjid,
    course_id,
    lbtestcd,
    value as peak_value,
    comparator,
    unit,
    days_since_infusion as peak_days,
    record_id
from (
    select
        cytokine.*,
        row_number() over (
            partition by course_id, lbtestcd order by value desc, days_since_infusion, seq
        ) as preference
    from {{ ref('cytokine') }} as cytokine
) as ranked
where preference = 1
