-- Every record that says when a patient died, and which of them counts: death records, and fatal adverse events (grade 5),
-- which count only for a patient without a death record (CDISC and admiral name both as sources of a death).
-- A record is known to lie from earliest_date to latest_date. The day of a fatal event is its last day; without one it can
-- be any day from its onset on (latest_date empty).
-- Placed (death_date): a whole date where it is; any other on the last sign of life within its period, else on the
-- period's first day. A known day, month or year never changes, whatever else was recorded.
-- A cause that another record of the same death contradicts is unknown, of fatal events too; one that a record does not know is what
-- another of the same death says.
-- Of several records of a patient: one that only says less precisely what another says adds nothing; of the rest those that
-- a later sign of life does not contradict, then the most precise, then the earliest, then one whose cause is known.
with candidate as (
    select
        usubjid,
        death_date as recorded_date,
        {{ impute_first('death_date') }} as earliest_date,
        {{ impute_last('death_date') }} as latest_date,
        {{ date_imputation_flag('death_date') }} as adtf,
        cause_code,
        'ds' as srcdom,
        'dsstdtc' as srcvar,
        record_id
    from {{ ref('stg_ehr__death') }}
    union all
    select
        usubjid,
        coalesce(end_date, onset_date),
        case
            when {{ impute_first('onset_date') }} <= {{ impute_last('end_date') }}
                then greatest({{ impute_first('onset_date') }}, {{ impute_first('end_date') }})
            else coalesce({{ impute_first('end_date') }}, {{ impute_first('onset_date') }})
        end,
        {{ impute_last('end_date') }},
        case when end_date is null then coalesce({{ date_imputation_flag('onset_date') }}, 'D') else {{ date_imputation_flag('end_date') }} end,
        case attribution_code
            when 'cart' then 'treatment_toxicity'
            when 'drug' then 'treatment_toxicity'
            when 'disease' then 'lymphoma'
            when 'other' then 'other'
            else 'unknown'
        end,
        'ae',
        case when end_date is null then 'aestdtc' else 'aeendtc' end,
        record_id
    from {{ ref('stg_ehr__adverse_event') }}
    where toxicity_grade = 5
),

seen as (
    select candidate.record_id, max(contact.contact_date) as contact_date
    from candidate
    inner join {{ ref('contact') }} as contact
        on candidate.usubjid = contact.usubjid
        and contact.is_past
        and contact.contact_date >= candidate.earliest_date
        and (candidate.latest_date is null or contact.contact_date <= candidate.latest_date)
    where candidate.adtf is not null
    group by candidate.record_id
),

-- less precise than another record of the patient that lies within its period
said_better as (
    select distinct coarse.record_id
    from candidate as coarse
    inner join candidate as fine
        on coarse.usubjid = fine.usubjid
        and coarse.srcdom = fine.srcdom
        and fine.earliest_date >= coarse.earliest_date
        and fine.latest_date <= coalesce(coarse.latest_date, fine.latest_date)
    where coarse.adtf is not null
        and (fine.adtf is null or fine.adtf = 'D' and coarse.adtf = 'M')
),

cause as (
    select usubjid, 'ds' as srcdom, earliest_date, latest_date, cause_code
    from {{ ref('death_cause') }}
    union all
    select usubjid, srcdom, earliest_date, latest_date, cause_code
    from candidate
    where srcdom = 'ae' and cause_code <> 'unknown'
),

-- what the records of one death say of its cause; two causes exclude each other
told as (
    select candidate.record_id, min(cause.cause_code) as cause_code, min(cause.cause_code) <> max(cause.cause_code) as is_contradicted
    from candidate
    inner join cause
        on candidate.usubjid = cause.usubjid
        and candidate.srcdom = cause.srcdom
        and (cause.latest_date is null or candidate.earliest_date <= cause.latest_date)
        and (candidate.latest_date is null or cause.earliest_date <= candidate.latest_date)
    group by candidate.record_id
),

placed as (
    select
        candidate.usubjid,
        candidate.recorded_date,
        candidate.earliest_date,
        candidate.latest_date,
        candidate.adtf,
        case
            when told.is_contradicted then 'unknown'
            when candidate.cause_code = 'unknown' then coalesce(told.cause_code, 'unknown')
            else candidate.cause_code
        end as cause_code,
        candidate.cause_code as recorded_cause_code,
        candidate.srcdom,
        candidate.srcvar,
        candidate.record_id,
        coalesce(seen.contact_date, candidate.earliest_date) as death_date,
        candidate.earliest_date <= {{ local_day('build.as_of_at', 'build.hospital_zone') }} as is_past
    from candidate
    left join seen on candidate.record_id = seen.record_id
    left join told on candidate.record_id = told.record_id
    cross join {{ source('meta', 'build') }} as build
),

ranked as (
    select
        placed.*,
        said_better.record_id is not null as is_said_better,
        row_number() over (
            partition by placed.usubjid
            order by
                case when placed.is_past then 0 else 1 end,
                case placed.srcdom when 'ds' then 0 else 1 end,
                case when said_better.record_id is null then 0 else 1 end,
                case when placed.latest_date < last_contact.contact_date then 1 else 0 end,
                case when placed.adtf is null then 0 when placed.adtf = 'D' then 1 else 2 end,
                placed.death_date,
                case when placed.recorded_cause_code = 'unknown' then 1 else 0 end,
                placed.record_id
        ) as preference
    from placed
    left join said_better on placed.record_id = said_better.record_id
    left join {{ ref('last_contact') }} as last_contact on placed.usubjid = last_contact.usubjid
)

select
    usubjid,
    recorded_date,
    earliest_date,
    latest_date,
    death_date,
    adtf,
    cause_code,
    srcdom,
    srcvar,
    record_id,
    is_past,
    is_said_better,
    is_past and preference = 1 as is_counted
from ranked
