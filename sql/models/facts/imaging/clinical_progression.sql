-- Progression that a clinician recorded without imaging, one row a record, up to the data cut.
-- Day missing: the last day of the month, but not after death, the data cut or the next imaging study (the first one from the start of
-- that month on), as far as these lie in the month: a known month is never changed. A record that knows its year only is not used.
with recorded as (
    select
        usubjid,
        record_id,
        {{ impute_first('progressed_date') }} as earliest_date,
        {{ impute_last('progressed_date') }} as latest_date,
        {{ date_imputation_flag('progressed_date') }} as adtf
    from {{ ref('stg_ehr__clinical_progression') }}
),

next_scan as (
    select recorded.record_id, min(study.performed_date) as performed_date
    from recorded
    inner join {{ ref('imaging_study') }} as study
        on recorded.usubjid = study.usubjid and study.performed_date >= recorded.earliest_date
    group by recorded.record_id
)

select
    recorded.usubjid,
    case
        when recorded.adtf is null then recorded.latest_date
        else least(
            recorded.latest_date,
            build.data_cut_date,
            coalesce(next_scan.performed_date, recorded.latest_date),
            case when death.death_date >= recorded.earliest_date then death.death_date else recorded.latest_date end
        )
    end as progression_date,
    recorded.adtf,
    recorded.earliest_date,
    recorded.record_id
from recorded
left join next_scan on recorded.record_id = next_scan.record_id
left join {{ ref('death') }} as death on recorded.usubjid = death.usubjid
cross join {{ source('meta', 'build') }} as build
where recorded.earliest_date <= build.data_cut_date
    and coalesce(recorded.adtf, 'D') = 'D'
