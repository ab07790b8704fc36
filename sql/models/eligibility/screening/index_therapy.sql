-- The first non-bridging therapy after failure, one row a patient who had one: all that starts on that day is one
-- combination, and the first group rule whose class it contains gives group and stratum.
-- CD20 cells ordered but never infused, with nothing but bridging by intent, stay outside the compared groups.
with first_day as (
    select usubjid, min(start_date) as start_date
    from {{ ref('therapy_after_failure') }}
    where not is_bridging
    group by usubjid
),

started as (
    select therapy.usubjid, therapy.therapy_id, therapy.start_date, therapy.adtf, therapy.record_id, class.class_code
    from {{ ref('therapy_after_failure') }} as therapy
    inner join first_day on therapy.usubjid = first_day.usubjid and therapy.start_date = first_day.start_date
    left join {{ ref('therapy_class') }} as class
        on therapy.usubjid = class.usubjid and therapy.therapy_id = class.therapy_id
    where not therapy.is_bridging
),

combination as (
    select
        started.usubjid,
        started.start_date,
        case when count(started.adtf) = count(*) then max(started.adtf) end as adtf,
        max(case when started.class_code is null then 1 else 0 end) as has_unknown_drug,
        {{ join_distinct('started.class_code') }} as class_codes,
        min(rule.seq) as seq
    from started
    left join {{ source('study', 'group_rule') }} as rule on started.class_code = rule.class_code
    group by started.usubjid, started.start_date
),

deciding_record as (
    -- The record of the class that decided; of several the lowest.
    select started.usubjid, min(started.record_id) as record_id
    from started
    inner join combination on started.usubjid = combination.usubjid
    left join {{ source('study', 'group_rule') }} as rule on combination.seq = rule.seq
    where rule.seq is null or started.class_code = rule.class_code
    group by started.usubjid
),

only_bridging_intent as (
    select usubjid
    from {{ ref('therapy_after_failure') }}
    group by usubjid
    having min(case when intent_code = 'bridging' then 1 else 0 end) = 1
),

judged as (
    select
        combination.*,
        rule.group_code,
        rule.stratum_code,
        rule.noncart_class_code,
        coalesce(cd20.is_ordered_not_infused, false) and only_bridging_intent.usubjid is not null as is_bridging_only,
        rule.outside,
        deciding_record.record_id
    from combination
    inner join deciding_record on combination.usubjid = deciding_record.usubjid
    left join {{ source('study', 'group_rule') }} as rule on combination.seq = rule.seq
    left join only_bridging_intent on combination.usubjid = only_bridging_intent.usubjid
    left join {{ ref('cd20_order') }} as cd20 on combination.usubjid = cd20.usubjid
)

select
    usubjid,
    start_date,
    adtf,
    class_codes,
    case when not is_bridging_only then group_code end as group_code,
    case when not is_bridging_only then stratum_code end as stratum_code,
    case when not is_bridging_only then noncart_class_code end as noncart_class_code,
    case
        when is_bridging_only then 'CD20 cells ordered, never infused, nothing but bridging'
        when group_code is not null then cast(null as varchar)
        when outside is not null then outside
        when has_unknown_drug = 1 then cast(null as varchar)
        else 'no compared therapy'
    end as outside_reason,
    record_id
from judged
