-- Persons: one row each. A person with several medical record numbers counts once, with the row last written.
-- The birth date stays inside the build file; only the age leaves it.
select usubjid, birth_date, sex_code, record_id
from (
    select
        patient.*,
        row_number() over (partition by usubjid order by updated_at desc, mrn) as preference
    from ({{ current_row('ehr_patient', 'mrn') }}) as patient
    where usubjid is not null
) as ranked
where preference = 1
