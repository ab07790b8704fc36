-- The named days of each screened subject that are known, one row a subject and anchor. Of several occurrences on that day one with
-- a complete date stands for it; a day of which all are known in part is one itself, unless the study wants a complete one.
with ranked as (
    select
        *,
        row_number() over (
            partition by usubjid, anchor order by case when adtf is null then 0 else 1 end, record_id, source_id
        ) as choice
    from {{ ref('anchor_occurrence') }}
)

select usubjid, anchor, anchor_date, adtf, course_id, detail_code, srcdom, srcvar, record_id
from ranked
where choice = 1 and (adtf is null or not is_complete)
