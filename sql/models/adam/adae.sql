{{ config(contract={'enforced': true}) }}
-- Adverse events of the followed patients as the clinician recorded them, one row an event, by CTCAE term (MedDRA is
-- licensed); CRS and ICANS carry the ASTCT grade. Treatment-emergent: onset from time zero to the last day that the study counts.
-- Partial onset: the first day it can be, but not before the treatment when that day lies in the known period and not after
-- the event's end (as pharmaverse admiral has it for ADAE). Partial end: the last day it
-- can be. No event lasts beyond death, and an end that lies before the onset is none (the findings show both).
with recorded as (
    select
        followed.usubjid,
        followed.time_zero_date,
        followed.group_code,
        followed.stratum_code,
        ae.aeseq,
        ae.aeterm,
        ae.aetoxgr,
        ae.aerel,
        ae.record_id,
        {{ impute_first('ae.aestdtc') }} as first_onset_date,
        {{ impute_last('ae.aestdtc') }} as last_onset_date,
        {{ date_imputation_flag('ae.aestdtc') }} as astdtf,
        {{ impute_first('ae.aeendtc') }} as first_end_date,
        {{ impute_last('ae.aeendtc') }} as last_end_date,
        {{ date_imputation_flag('ae.aeendtc') }} as aendtf,
        death.fact_date as death_date,
        build.data_cut_date
    from {{ ref('followed') }} as followed
    inner join {{ ref('ae') }} as ae on followed.usubjid = ae.usubjid
    left join {{ ref('study_fact') }} as death on followed.usubjid = death.usubjid and death.fact = 'death'
    cross join {{ source('meta', 'build') }} as build
),

started as (
    select
        recorded.*,
        case
            when time_zero_date between first_onset_date and last_onset_date
                and (last_end_date is null or time_zero_date <= last_end_date) then time_zero_date
            else first_onset_date
        end as astdt
    from recorded
),

event as (
    select
        started.*,
        case
            when first_end_date <= data_cut_date and last_end_date >= astdt
                then greatest(astdt, least(last_end_date, data_cut_date, coalesce(death_date, last_end_date)))
        end as aendt
    from started
),

emergent as (
    select
        event.*,
        event.astdt between event.time_zero_date and {{ add_days('event.time_zero_date', 'safety.emergent_to_day') }} as is_emergent
    from event
    cross join {{ source('study', 'safety') }} as safety
    where event.astdt <= event.data_cut_date
),

ranked as (
    select
        emergent.*,
        row_number() over (
            partition by usubjid, aeterm, is_emergent order by aetoxgr desc nulls last, astdt, aeseq
        ) as severity_no
    from emergent
)

select
    event.usubjid,
    event.aeseq,
    event.aeterm as aedecod,
    cast(event.aetoxgr as integer) as atoxgr,
    case when event.aetoxgr is not null then case when event.aetoxgr >= 3 then 'Y' else 'N' end end as asevfl,
    event.aerel,
    event.astdt,
    event.astdtf,
    cast({{ study_day('event.time_zero_date', 'event.astdt') }} as integer) as astdy,
    event.aendt,
    case when event.aendt is not null then event.aendtf end as aendtf,
    case when event.is_emergent then 'Y' else 'N' end as trtemfl,
    case when event.is_emergent and event.severity_no = 1 then 'Y' end as aoccpifl,
    event.group_code,
    event.stratum_code,
    'ae' as srcdom,
    'aestdtc' as srcvar,
    event.aeseq as srcseq,
    event.record_id
from ranked as event
