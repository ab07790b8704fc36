{{ config(contract={'enforced': true}) }}
-- Time to event: one generic model over the declared endpoints and their sources. The earliest event counts if it is not
-- after the end of observation; else the patient is censored at the latest censoring fact up to that end, or at the start.
with observed as (
    select start.*, ended.end_date, ended.cnsr as end_cnsr, ended.description as end_description
    from {{ ref('endpoint_start') }} as start
    left join {{ ref('endpoint_end') }} as ended
        on start.usubjid = ended.usubjid and start.paramcd = ended.paramcd
),

censor_candidate as (
    select
        candidate.*,
        row_number() over (
            partition by candidate.usubjid, candidate.paramcd
            order by candidate.fact_date desc, candidate.priority desc, candidate.record_id desc
        ) as choice
    from observed
    inner join {{ ref('endpoint_candidate') }} as candidate
        on observed.usubjid = candidate.usubjid
        and observed.paramcd = candidate.paramcd
        and candidate.source_role = 'censor'
        and candidate.fact_date >= observed.start_date
        and (observed.end_date is null or candidate.fact_date <= observed.end_date)
),

decided as (
    select
        observed.*,
        event.usubjid is not null as has_event,
        event.fact_date as event_date,
        event.adtf as event_adtf,
        event.evntcd as event_code,
        event.description as event_description,
        event.srcdom as event_srcdom,
        event.srcvar as event_srcvar,
        event.record_id as event_record_id,
        censored.usubjid is not null as has_censor_fact,
        censored.fact_date as censor_date,
        censored.cnsr as censor_cnsr,
        censored.description as censor_description,
        censored.adtf as censor_adtf,
        censored.srcdom as censor_srcdom,
        censored.srcvar as censor_srcvar,
        censored.record_id as censor_record_id
    from observed
    left join {{ ref('endpoint_event') }} as event
        on observed.usubjid = event.usubjid
        and observed.paramcd = event.paramcd
        and (observed.end_date is null or event.fact_date <= observed.end_date)
    left join censor_candidate as censored
        on observed.usubjid = censored.usubjid and observed.paramcd = censored.paramcd and censored.choice = 1
),

shaped as (
    select
        usubjid,
        paramcd,
        param,
        entry_fact,
        start_date as startdt,
        case when has_event then event_date else coalesce(censor_date, start_date) end as adt,
        case when has_event then 0 else coalesce(end_cnsr, censor_cnsr, 1) end as cnsr,
        case when has_event then event_code end as evntcd,
        case
            when has_event then event_description
            else coalesce(end_description, censor_description, 'Nothing recorded after the start')
        end as evntdesc,
        case
            when has_event then cast(null as string)
            when has_censor_fact then censor_description
            else 'Start'
        end as cnsdtdsc,
        case when has_event then event_adtf else censor_adtf end as adtf,
        case when has_event then event_srcdom when has_censor_fact then censor_srcdom else srcdom end as srcdom,
        case when has_event then event_srcvar when has_censor_fact then censor_srcvar else srcvar end as srcvar,
        case when has_event then event_record_id when has_censor_fact then censor_record_id else record_id end as record_id
    from decided
),

entered as (  -- the first day from the start on which the patient is under observation
    select shaped.usubjid, shaped.paramcd, min(fact.fact_date) as entry_date
    from shaped
    inner join {{ ref('endpoint_fact') }} as fact
        on shaped.usubjid = fact.usubjid and shaped.entry_fact = fact.fact and fact.fact_date >= shaped.startdt
    group by shaped.usubjid, shaped.paramcd
)

select
    shaped.usubjid,
    shaped.paramcd,
    shaped.param,
    shaped.startdt,
    shaped.adt,
    cast({{ days_between('shaped.startdt', 'shaped.adt') }} + 1 as double) as aval,
    cast({{ days_between('shaped.startdt', 'shaped.adt') }} as integer) as duration_days,
    cast({{ days_between('shaped.startdt', 'entered.entry_date') }} as integer) as entry_days,
    cast(shaped.cnsr as integer) as cnsr,
    shaped.evntcd,
    shaped.evntdesc,
    shaped.cnsdtdsc,
    shaped.adtf,
    shaped.srcdom,
    shaped.srcvar,
    source.srcseq,
    shaped.record_id,
    followed.group_code,
    followed.stratum_code
from shaped
left join {{ ref('followed') }} as followed on shaped.usubjid = followed.usubjid
left join entered on shaped.usubjid = entered.usubjid and shaped.paramcd = entered.paramcd
left join {{ ref('source_sequence') }} as source
    on shaped.usubjid = source.usubjid and shaped.srcdom = source.srcdom and shaped.record_id = source.record_id
