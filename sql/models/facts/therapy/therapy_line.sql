-- Lines of antineoplastic therapy that really started. A line starts with its first given antineoplastic dose; the line's
-- own start date speaks where no dose is on record, or where the first dose has no day and the line has one. A first dose after the cut
-- dates it too: a line known by its year that began after the cut has not begun.
-- A line whose doses are all steroids, supportive or not given is no therapy. Where nobody can say so of one of them (a drug that
-- the formulary does not know, given for no known reason; a status that is not understood), the line's own word stands.
with first_dose as (
    select
        dose.usubjid,
        dose.line_id,
        min(dose.dose_date) as dose_date,
        {{ join_distinct('case when dose.dose_date <= build.data_cut_date then dose.class_code end') }} as class_codes
    from {{ ref('given_dose') }} as dose
    cross join {{ source('meta', 'build') }} as build
    where dose.line_id is not null
    group by dose.usubjid, dose.line_id
),

first_dose_flag as (
    select
        first_dose.usubjid,
        first_dose.line_id,
        first_dose.dose_date,
        first_dose.class_codes,
        max(case when dose.adtf is null then 1 else 0 end) as is_complete,
        max(dose.adtf) as adtf
    from first_dose
    inner join {{ ref('given_dose') }} as dose
        on first_dose.usubjid = dose.usubjid
        and first_dose.line_id = dose.line_id
        and first_dose.dose_date = dose.dose_date
    group by first_dose.usubjid, first_dose.line_id, first_dose.dose_date, first_dose.class_codes
),

any_dose as (
    select
        dose.usubjid,
        dose.line_id,
        max(case
            when coalesce(dose.administration_status, 'given') = 'given'
                and coalesce(drug.is_antineoplastic, dose.indication_code = 'lymphoma', true)
                and coalesce(dose.indication_code, 'lymphoma') = 'lymphoma' then 1
            else 0
        end) = 1 as may_be_therapy
    from {{ ref('stg_ehr__drug_administration') }} as dose
    left join {{ ref('drug_class') }} as drug on dose.drug_code = drug.drug_code
    where dose.line_id is not null
    group by dose.usubjid, dose.line_id
),

dated as (
    select
        line.usubjid,
        line.line_id,
        line.intent_code,
        line.cycles_count,
        line.record_id,
        dose.class_codes,
        case
            when dose.is_complete = 1 then dose.dose_date
            when {{ date_imputation_flag('line.start_date') }} is null then {{ impute_first('line.start_date') }}
            else coalesce(dose.dose_date, {{ impute_first('line.start_date') }})
        end as start_date,
        case
            when dose.is_complete = 1 or {{ date_imputation_flag('line.start_date') }} is null then cast(null as string)
            else coalesce(dose.adtf, {{ date_imputation_flag('line.start_date') }})
        end as adtf
    from {{ ref('stg_ehr__therapy_line') }} as line
    left join first_dose_flag as dose on line.usubjid = dose.usubjid and line.line_id = dose.line_id
    left join any_dose on line.usubjid = any_dose.usubjid and line.line_id = any_dose.line_id
    where coalesce(line.intent_code, 'treatment') not in ('lymphodepletion', 'conditioning')
        and (dose.line_id is not null or any_dose.line_id is null or any_dose.may_be_therapy)
)

select
    dated.usubjid,
    dated.line_id,
    dated.intent_code,
    dated.cycles_count,
    dated.class_codes,
    dated.start_date,
    dated.adtf,
    dated.record_id
from dated
cross join {{ source('meta', 'build') }} as build
where dated.start_date <= build.data_cut_date
