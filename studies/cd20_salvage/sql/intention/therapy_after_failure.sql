-- Anti-lymphoma therapy that starts on or after the failure date, and whether it is bridging: it starts from the order of CAR-T
-- cells to the day before their infusion, at most `bridging_max_days` before it. Never infused: no bridging, the line is salvage
-- therapy. A CAR-T infusion never bridges.
-- A start of which only the month is known, and that is the month of failure, is not set before the failure date.
with started as (
    select
        dated.*,
        failure.anchor_date as failure_date,
        case
            when dated.adtf = 'D' and dated.latest_date >= failure.anchor_date then greatest(dated.fact_date, failure.anchor_date)
            else dated.fact_date
        end as start_date,
        case
            when dated.value_num <= {{ study_parameter('bridging_max_days') }}
                then {{ add_days('dated.fact_date', 'dated.value_num') }}
        end as bridged_infusion_date
    from {{ ref('study_fact') }} as dated
    inner join {{ ref('anchor') }} as failure on dated.usubjid = failure.usubjid and failure.anchor = 'cd19_failure'
    where dated.fact = 'therapy_start'
)

select
    usubjid,
    source_id as therapy_id,
    detail_code as kind,
    value_txt as intent_code,
    start_date,
    adtf,
    bridged_infusion_date is not null as is_bridging,
    bridged_infusion_date,
    record_id
from started
where start_date >= failure_date
