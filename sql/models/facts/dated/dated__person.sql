-- Dated facts of the person: birth, sex, diagnoses, death, and the days on which the patient was known to be alive.
-- Contacts after the horizon stand too: they prove a patient alive at any cut before. A death proves the days before it, so it
-- stands as a contact for every cut that it comes after, and as a death from its own day on.
with ranked_contact as (
    select
        contact.*,
        row_number() over (partition by usubjid, contact_date order by srcdom, srcvar, record_id) as place
    from {{ ref('contact') }} as contact
    where is_past
)

select {{ dated_columns({'fact': "'birth'", 'fact_date': 'birth_date', 'srcdom': "'dm'", 'srcvar': "'brthdtc'"}) }}
from {{ ref('stg_ehr__patient') }}
where birth_date is not null
union all
select {{ dated_columns({'fact': "'sex'", 'value_txt': 'sex_code', 'srcdom': "'dm'", 'srcvar': "'sex'"}) }}
from {{ ref('stg_ehr__patient') }}
where sex_code <> 'U'
union all
select {{ dated_columns({
    'fact': "'diagnosis'",
    'fact_date': impute_first('diagnosed_date'),
    'latest_date': impute_last('diagnosed_date'),
    'adtf': date_imputation_flag('diagnosed_date'),
    'detail_code': 'icd10_code',
    'source_id': 'diagnosis_id',
    'srcdom': "'mh'",
    'srcvar': "'mhstdtc'",
}) }}
from {{ ref('stg_ehr__diagnosis') }}
union all
select {{ dated_columns({
    'fact': "'death'",
    'fact_date': 'death_date',
    'latest_date': 'greatest(latest_date, death_date)',
    'adtf': 'adtf',
    'value_txt': 'cause_code',
    'srcdom': 'srcdom',
    'srcvar': 'srcvar',
}) }}
from {{ ref('death_record') }}
where is_counted
union all
select {{ dated_columns({
    'fact': "'contact'",
    'fact_date': 'contact_date',
    'known_date': 'null',
    'srcdom': 'srcdom',
    'srcvar': 'srcvar',
}) }}
from ranked_contact
where place = 1
union all
select {{ dated_columns({
    'fact': "'contact'",
    'fact_date': 'death_date',
    'known_date': 'null',
    'superseded_date': 'death_date',
    'srcdom': 'srcdom',
    'srcvar': 'srcvar',
}) }}
from {{ ref('death_record') }}
where is_counted
