-- CD20 cells ordered, never infused, and nothing but bridging by intent since the failure.
with ordered as (
    select usubjid, min(record_id) as record_id
    from {{ ref('study_fact') }}
    where fact = 'cart_order' and detail_code = 'cd20'
    group by usubjid
),

infused as (
    select distinct usubjid
    from {{ ref('study_fact') }}
    where fact = 'cart_course' and detail_code = 'cd20'
),

treated as (
    select usubjid, min(case when intent_code = 'bridging' then 1 else 0 end) = 1 as is_all_bridging
    from {{ ref('therapy_after_failure') }}
    group by usubjid
)

select
    screened.usubjid,
    'is_bridging_only' as item,
    case
        when ordered.usubjid is not null and infused.usubjid is null and coalesce(treated.is_all_bridging, false) then 1 else 0
    end as value_num,
    cast(null as string) as value_txt,
    cast(null as date) as value_date,
    cast(null as date) as evidence_date,
    ordered.record_id,
    cast(null as string) as reason
from {{ ref('screened') }} as screened
left join ordered on screened.usubjid = ordered.usubjid
left join infused on screened.usubjid = infused.usubjid
left join treated on screened.usubjid = treated.usubjid
