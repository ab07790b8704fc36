-- Items that are made of all occurrences in a window: how many, whether any, or their sum (0 of none; unknown when one of them is, or is
-- a bound). Unknown where a day that the window starts from is not. The evidence is the first occurrence; of a window that is open to the
-- past the last.
-- Where an occurrence may or may not be one that the item looks for, a number lies between low_num and high_num, a flag is 1 if another is
-- one, and a sum is unknown.
with asked as (
    {{ asked_of(
        "select * from " ~ source('study', 'item') ~ " where kind_code in ('count', 'exists', 'sum')", ref('anchor')
    ) }}
),

counted as (
    select
        candidate.usubjid,
        candidate.item,
        count(case when candidate.is_in_doubt then null else 1 end) as occurrences_count,
        count(case when candidate.is_in_doubt then 1 end) as doubtful_count,
        count(distinct case
            when candidate.is_in_doubt then null
            else coalesce(candidate.course_id, cast(candidate.occurrence as string))
        end) as courses_count,
        case
            when count(case when coalesce(candidate.value_txt, '=') not in ('<', '<=', '>', '>=') then candidate.value_num end) = count(*)
                then sum(candidate.value_num)
        end as total,
        min(candidate.evidence_date) as first_date,
        max(candidate.evidence_date) as last_date
    from {{ ref('item_candidate') }} as candidate
    group by candidate.usubjid, candidate.item
),

tallied as (
    select
        asked.*,
        counted.usubjid is null as is_empty,
        counted.doubtful_count,
        case when asked.each = 'course' then counted.courses_count else counted.occurrences_count end as certain_count,
        counted.total,
        case
            when asked.from_anchor is null and asked.after_anchor is null and asked.from_day is null then counted.last_date
            else counted.first_date
        end as evidence_date
    from asked
    left join counted on asked.usubjid = counted.usubjid and asked.item = counted.item
),

valued as (
    select
        *,
        case
            when not is_asked then null
            when is_empty then 0
            when kind_code = 'exists' and certain_count > 0 then 1
            when doubtful_count > 0 then null
            when kind_code = 'sum' then total
            else certain_count
        end as value_num,
        case when is_asked and is_empty then otherwise end as reason
    from tallied
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
    {% for bound, certain in [('low_num', 'valued.certain_count'), ('high_num', 'valued.certain_count + valued.doubtful_count')] -%}
    case
        when valued.kind_code = 'count' and valued.is_asked and valued.doubtful_count > 0 then cast({{ certain }} as double)
    end as {{ bound }},
    {% endfor -%}
    valued.evidence_date,
    evidence.record_id,
    valued.reason
from valued
left join evidence
    on valued.usubjid = evidence.usubjid and valued.item = evidence.item and valued.evidence_date = evidence.evidence_date
