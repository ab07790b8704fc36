{{ config(contract={'enforced': true}) }}
-- Time to event: one generic model over the declared endpoints and their sources. The earliest event counts if it is not
-- after the end of observation; else the patient is censored at the latest censoring fact up to that end, or at the start.
with observed as (
    select
        start.usubjid,
        endpoint.paramcd,
        endpoint.param,
        endpoint.entry_fact,
        start.fact_date as start_date,
        start.srcdom as start_srcdom,
        start.srcvar as start_srcvar,
        start.record_id as start_record_id,
        ended.end_date,
        ended.cnsr as end_cnsr,
        ended.description as end_description
    from {{ source('study', 'endpoint') }} as endpoint
    inner join {{ ref('endpoint_fact') }} as start on endpoint.start_fact = start.fact
    left join {{ ref('endpoint_end') }} as ended
        on start.usubjid = ended.usubjid and endpoint.paramcd = ended.paramcd
),

censor_candidate as (
    select
        observed.usubjid,
        observed.paramcd,
        source.cnsr,
        source.description,
        fact.fact_date,
        fact.adtf,
        fact.srcdom,
        fact.srcvar,
        fact.record_id,
        row_number() over (
            partition by observed.usubjid, observed.paramcd
            order by fact.fact_date desc, source.priority desc, fact.record_id desc
        ) as choice
    from observed
    inner join {{ source('study', 'endpoint_source') }} as source
        on observed.paramcd = source.paramcd and source.role = 'censor'
    inner join {{ ref('endpoint_fact') }} as fact
        on observed.usubjid = fact.usubjid
        and source.fact = fact.fact
        and fact.fact_date >= observed.start_date
        and (observed.end_date is null or fact.fact_date <= observed.end_date)
),

decided as (
    select
        observed.*,
        event.record_id is not null as has_event,
        event.fact_date as event_date,
        event.adtf as event_adtf,
        event.fact as event_fact,
        event.description as event_description,
        event.srcdom as event_srcdom,
        event.srcvar as event_srcvar,
        event.record_id as event_record_id,
        censored.record_id is not null as has_censor_fact,
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
        case when has_event then event_fact end as evntcd,
        case
            when has_event then event_description
            else coalesce(end_description, censor_description, 'Nothing recorded after the start')
        end as evntdesc,
        case
            when has_event then cast(null as varchar)
            when has_censor_fact then censor_description
            else 'Start'
        end as cnsdtdsc,
        case when has_event then event_adtf else censor_adtf end as adtf,
        case when has_event then event_srcdom when has_censor_fact then censor_srcdom else start_srcdom end as srcdom,
        case when has_event then event_srcvar when has_censor_fact then censor_srcvar else start_srcvar end as srcvar,
        case when has_event then event_record_id when has_censor_fact then censor_record_id else start_record_id end as record_id
    from decided
)

select
    shaped.usubjid,
    shaped.paramcd,
    shaped.param,
    shaped.startdt,
    shaped.adt,
    cast({{ days_between('shaped.startdt', 'shaped.adt') }} + 1 as double) as aval,
    cast({{ days_between('shaped.startdt', 'shaped.adt') }} as integer) as duration_days,
    cast({{ days_between('shaped.startdt', 'entered.fact_date') }} as integer) as entry_days,
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
left join {{ ref('endpoint_fact') }} as entered on shaped.usubjid = entered.usubjid and shaped.entry_fact = entered.fact
left join {{ ref('source_sequence') }} as source
    on shaped.usubjid = source.usubjid and shaped.srcdom = source.srcdom and shaped.record_id = source.record_id
