-- Deaths up to the data cut, one row a patient. A missing day is the first of its month, but not before the last contact
-- in that month; a missing month is the last contact in that year, else 1 January. A known month or year never changes:
-- one earlier than the last contact stands, and finding__follow_up shows it. Several records: the most precise, then the
-- earliest date.
with dated as (
    select
        record.usubjid,
        record.cause_code,
        record.record_id,
        {{ date_imputation_flag('record.death_date') }} as adtf,
        case length(record.death_date)
            when 10 then cast(record.death_date as date)
            else
                case
                    when last_alive.last_alive_date between {{ impute_first('record.death_date') }}
                        and {{ impute_last('record.death_date') }} then last_alive.last_alive_date
                    else {{ impute_first('record.death_date') }}
                end
        end as death_date
    from {{ ref('stg_ehr__death') }} as record
    left join {{ ref('last_alive') }} as last_alive on record.usubjid = last_alive.usubjid
),

ranked as (
    select
        dated.*,
        row_number() over (
            partition by dated.usubjid
            order by
                case when dated.adtf is null then 0 when dated.adtf = 'D' then 1 else 2 end,
                dated.death_date,
                dated.record_id
        ) as preference
    from dated
    where dated.death_date is not null
)

select ranked.usubjid, ranked.death_date, ranked.adtf, ranked.cause_code, ranked.record_id
from ranked
cross join {{ source('meta', 'build') }} as build
where ranked.preference = 1
    and ranked.death_date <= build.data_cut_date
