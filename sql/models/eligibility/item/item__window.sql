-- Items that are made of all occurrences in a window: how many, whether any, or their sum (0 of none; unknown when one of them is).
-- Unknown where a day that the window starts from is not. The evidence is the first occurrence; of a window that is open to the
-- past the last.
with asked as (
    {{ asked_of(
        "select * from " ~ source('study', 'item') ~ " where kind_code in ('count', 'exists', 'sum')", ref('anchor')
    ) }}
),

counted as (
    select
        candidate.usubjid,
        candidate.item,
        count(*) as occurrences_count,
        count(distinct coalesce(candidate.course_id, cast(candidate.occurrence as varchar))) as courses_count,
        case when count(candidate.value_num) = count(*) then sum(candidate.value_num) end as total,
        min(candidate.evidence_date) as first_date,
        max(candidate.evidence_date) as last_date
    from {{ ref('item_candidate') }} as candidate
    group by candidate.usubjid, candidate.item
),

valued as (
    select
        asked.usubjid,
        asked.item,
        case
            when not asked.is_asked then null
            when counted.usubjid is null then 0
            when asked.kind_code = 'exists' then 1
            when asked.kind_code = 'sum' then counted.total
            when asked.each = 'course' then counted.courses_count
            else counted.occurrences_count
        end as value_num,
        case
            when asked.from_anchor is null and asked.after_anchor is null and asked.from_day is null then counted.last_date
            else counted.first_date
        end as evidence_date,
        case when asked.is_asked and counted.usubjid is null then asked.otherwise end as reason
    from asked
    left join counted on asked.usubjid = counted.usubjid and asked.item = counted.item
),

evidence as (
    select usubjid, item, evidence_date, min(record_id) as record_id
    from {{ ref('item_candidate') }}
    group by usubjid, item, evidence_date
)

select
    valued.usubjid,
    valued.item,
    cast(valued.value_num as double) as value_num,
    valued.evidence_date,
    evidence.record_id,
    valued.reason
from valued
left join evidence
    on valued.usubjid = evidence.usubjid and valued.item = evidence.item and valued.evidence_date = evidence.evidence_date
