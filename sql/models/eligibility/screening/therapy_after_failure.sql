-- Anti-lymphoma therapy that starts on or after the failure date, and whether it is bridging.
-- A start of which only the month is known, and that is the month of failure, is not set before the failure date.
-- Bridging, by dates: it starts from the later of order day and failure day to the day before a CAR-T infusion, at most
-- `bridging_max_days` before it. Never infused: no bridging, the line is salvage therapy. A CAR-T infusion never bridges.
with started as (
    select
        therapy.usubjid,
        therapy.therapy_id,
        therapy.kind,
        therapy.intent_code,
        therapy.class_codes,
        therapy.adtf,
        therapy.record_id,
        index_infusion.failure_date,
        case
            when therapy.adtf = 'D' and therapy.latest_start_date >= index_infusion.failure_date
                then greatest(therapy.start_date, index_infusion.failure_date)
            else therapy.start_date
        end as start_date
    from {{ ref('therapy') }} as therapy
    inner join {{ ref('index_infusion') }} as index_infusion on therapy.usubjid = index_infusion.usubjid
    where index_infusion.failure_date is not null
),

bridged as (
    select started.usubjid, started.therapy_id, min(infusion.infused_date) as infused_date
    from started
    inner join {{ ref('cart_course') }} as infusion
        on started.usubjid = infusion.usubjid
        and started.start_date < infusion.infused_date
        and started.start_date >= infusion.ordered_date
    cross join (select {{ study_parameter('bridging_max_days') }} as value_num) as longest
    where started.kind <> 'cart'
        and {{ days_between('started.start_date', 'infusion.infused_date') }} <= longest.value_num
    group by started.usubjid, started.therapy_id
)

select
    started.usubjid,
    started.therapy_id,
    started.kind,
    started.intent_code,
    started.class_codes,
    started.start_date,
    started.adtf,
    bridged.therapy_id is not null as is_bridging,
    bridged.infused_date as bridged_infusion_date,
    started.record_id
from started
left join bridged on started.usubjid = bridged.usubjid and started.therapy_id = bridged.therapy_id
where started.start_date >= started.failure_date
