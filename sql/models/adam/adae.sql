{{ config(contract={'enforced': true}) }}
-- Adverse events of the followed patients as the clinician recorded them, one row an event, by CTCAE term (MedDRA is
-- licensed); CRS and ICANS carry the ASTCT grade. Treatment-emergent: onset on day 0 to 90 of the treatment.
with event as (
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
        {{ impute_first('ae.aestdtc') }} as astdt,
        {{ date_imputation_flag('ae.aestdtc') }} as astdtf,
        {{ impute_last('ae.aeendtc') }} as aendt,
        {{ date_imputation_flag('ae.aeendtc') }} as aendtf
    from {{ ref('followed') }} as followed
    inner join {{ ref('ae') }} as ae on followed.usubjid = ae.usubjid
),

emergent as (
    select
        event.*,
        event.astdt between event.time_zero_date and {{ add_days('event.time_zero_date', 90) }} as is_emergent
    from event
    cross join {{ source('meta', 'build') }} as build
    where event.astdt <= build.data_cut_date
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
    case when event.aendt <= build.data_cut_date then event.aendt end as aendt,
    case when event.aendt <= build.data_cut_date then event.aendtf end as aendtf,
    case when event.is_emergent then 'Y' else 'N' end as trtemfl,
    case when event.is_emergent and event.severity_no = 1 then 'Y' end as aoccpifl,
    event.group_code,
    event.stratum_code,
    'ae' as srcdom,
    'aestdtc' as srcvar,
    event.aeseq as srcseq,
    event.record_id
from ranked as event
cross join {{ source('meta', 'build') }} as build
