-- Every criterion for every screened patient, with value and evidence: of its parts the worst one stands for it (not met,
-- unknown, met; ties: the first part).
with ranked as (
    select
        *,
        row_number() over (
            partition by usubjid, criterion_id
            order by case status when 'not_met' then 1 when 'unknown' then 2 else 3 end, part_no
        ) as choice
    from {{ ref('criterion_part') }}
)

select
    usubjid,
    criterion_id,
    seq,
    status,
    value_num,
    value_txt,
    value_date,
    evidence_date,
    record_id,
    case status
        when 'unknown' then 'not evaluable: ' || label || coalesce(' (' || reason || ')', '')
        when 'not_met' then coalesce(reason, 'not met: ' || label)
    end as reason
from ranked
where choice = 1
