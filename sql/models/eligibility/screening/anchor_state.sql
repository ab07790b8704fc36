-- Every named day of the study for every screened subject: known; partial (something happened, but not on a day that is known
-- whole, as the study wants it); none (nothing happened); or not_asked (a day that it starts from is not known).
with asked as (
    {{ asked_of('select name, label, of_course, anchor, from_anchor, after_anchor from ' ~ source('study', 'anchor'), ref('anchor')) }}
),

asked_or_screened as (
    select usubjid, name as anchor, label, is_asked from asked
    union all
    select screened.usubjid, screened.anchor, screening.label, true
    from {{ ref('screened') }} as screened
    cross join {{ source('study', 'screening') }} as screening
),

occurred as (
    select usubjid, anchor, anchor_date, min(adtf) as adtf, min(record_id) as record_id
    from {{ ref('anchor_occurrence') }}
    group by usubjid, anchor, anchor_date
)

select
    asked.usubjid,
    asked.anchor,
    asked.label,
    case
        when known.usubjid is not null then 'known'
        when occurred.usubjid is not null then 'partial'
        when asked.is_asked then 'none'
        else 'not_asked'
    end as state_code,
    occurred.anchor_date as occurred_date,
    coalesce(known.adtf, case when known.usubjid is null then occurred.adtf end) as adtf,
    coalesce(known.record_id, occurred.record_id) as record_id
from asked_or_screened as asked
left join {{ ref('anchor') }} as known on asked.usubjid = known.usubjid and asked.anchor = known.anchor
left join occurred on asked.usubjid = occurred.usubjid and asked.anchor = occurred.anchor
