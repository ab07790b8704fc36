-- The baseline value of every item the study declares (study.baseline_item): one row a patient and item that has one.
-- A candidate counts from from_day to to_day of the item's anchor, later than the anchor `after` and not later than the anchor `until`
-- (a patient without that limiting day: no `after` means no value, no `until` means no limit).
-- nearest: the least distance, of equals the earlier day; latest: the last day. Of one day always the last record.
with placed as (
    select
        candidate.usubjid,
        item.item,
        candidate.value_num,
        candidate.value_txt,
        candidate.evidence_date,
        candidate.record_id,
        row_number() over (
            partition by candidate.usubjid, item.item
            order by
                case
                    when item.pick = 'nearest' then abs({{ days_between('anchor.anchor_date', 'candidate.evidence_date') }})
                end nulls last,
                case when item.pick = 'nearest' then candidate.evidence_date end nulls last,
                candidate.evidence_date desc,
                candidate.seq desc
        ) as preference
    from {{ source('study', 'baseline_item') }} as item
    inner join {{ ref('anchor') }} as anchor on item.anchor = anchor.anchor
    inner join {{ ref('baseline_candidate') }} as candidate
        on anchor.usubjid = candidate.usubjid and item.item = candidate.item
    left join {{ ref('anchor') }} as after_anchor
        on anchor.usubjid = after_anchor.usubjid and item.after = after_anchor.anchor
    left join {{ ref('anchor') }} as until_anchor
        on anchor.usubjid = until_anchor.usubjid and item.until = until_anchor.anchor
    where (item.from_day is null
            or {{ days_between('anchor.anchor_date', 'candidate.evidence_date') }} >= item.from_day)
        and (item.to_day is null
            or {{ days_between('anchor.anchor_date', 'candidate.evidence_date') }} <= item.to_day)
        and (item.after is null or candidate.evidence_date > after_anchor.anchor_date)
        and (until_anchor.anchor_date is null or candidate.evidence_date <= until_anchor.anchor_date)
)

select usubjid, item, value_num, value_txt, evidence_date, record_id
from placed
where preference = 1
