-- Every start of antineoplastic therapy: lines, drugs recorded outside any line, CAR-T infusions, radiotherapy, transplants.
-- A partial start counts from the first day it can have, never before diagnosis (else birth), and is flagged.
-- A drug outside any line starts with a dose that comes more than 56 days after every earlier dose of it, and after the end of
-- every course of it that was dispensed before; of one day, a dose within a line comes first.
with lineless_dose as (
    select
        usubjid,
        drug_code,
        class_code,
        dose_date,
        adtf,
        record_id,
        line_id,
        max(coalesce(dose_end_date, dose_date)) over (
            partition by usubjid, drug_code
            order by dose_date, case when line_id is null then 1 else 0 end, record_id
            rows between unbounded preceding and 1 preceding
        ) as taken_until_date
    from {{ ref('antineoplastic_dose') }}
),

started as (
    select
        usubjid,
        line_id as source_id,
        start_date,
        adtf,
        intent_code,
        class_codes,
        'line' as kind,
        record_id
    from {{ ref('therapy_line') }}
    union all
    select usubjid, record_id, dose_date, adtf, 'treatment', class_code, 'drug', record_id
    from lineless_dose
    where line_id is null
        and (taken_until_date is null or {{ days_between('taken_until_date', 'dose_date') }} > 56)
    union all
    select usubjid, record_id, infused_date, cast(null as string), 'treatment', lower('cart_' || target_antigen), 'cart', record_id
    from {{ ref('cart_course') }}
    union all
    select
        usubjid,
        procedure_id,
        {{ impute_first('performed_date') }},
        {{ date_imputation_flag('performed_date') }},
        'treatment',
        cast(null as string),
        case procedure_code when 'radiotherapy' then 'radiotherapy' else 'transplant' end,
        record_id
    from {{ ref('stg_ehr__procedure') }}
    where procedure_code in ('radiotherapy', 'autologous_sct', 'allogeneic_sct')
),

ranged as (
    select
        *,
        case adtf
            when 'D' then last_day(start_date)
            when 'M' then make_date(year(start_date), 12, 31)
            else start_date
        end as latest_start_date
    from started
),

earliest_possible as (
    select
        patient.usubjid,
        coalesce(min({{ impute_first('diagnosis.diagnosed_date') }}), min(patient.birth_date)) as first_date
    from {{ ref('stg_ehr__patient') }} as patient
    left join {{ ref('stg_ehr__diagnosis') }} as diagnosis on patient.usubjid = diagnosis.usubjid
    group by patient.usubjid
)

select
    started.usubjid,
    started.kind || ':' || started.source_id as therapy_id,
    case
        when earliest_possible.first_date > started.start_date and earliest_possible.first_date <= started.latest_start_date
            then earliest_possible.first_date
        else started.start_date
    end as start_date,
    started.latest_start_date,
    started.adtf,
    started.intent_code,
    started.class_codes,
    started.kind,
    started.record_id
from ranged as started
left join earliest_possible on started.usubjid = earliest_possible.usubjid
cross join {{ source('meta', 'build') }} as build
where started.start_date <= build.data_cut_date
