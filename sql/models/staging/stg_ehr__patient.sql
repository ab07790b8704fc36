-- Persons: one row each. A person with several medical record numbers is united attribute by attribute: the newest value
-- that is known counts, so an emptier row written later takes nothing away. Two values that differ and are equally new leave
-- the attribute unknown; every difference is a finding. record_id: the row last written.
-- The birth date stays inside the build file; only the age leaves it.
with known as (
    select
        usubjid,
        updated_at,
        {{ plausible_birth('birth_date') }} as birth_date,
        nullif({{ known_code('ehr_patient', 'sex_code') }}, 'U') as sex_code,
        record_id
    from {{ counted_row('ehr_patient') }}
),

newest as (
    select
        usubjid,
        max(updated_at) as row_at,
        max(case when birth_date is not null then updated_at end) as birth_at,
        max(case when sex_code is not null then updated_at end) as sex_at
    from known
    group by usubjid
)

select
    known.usubjid,
    case
        when min(case when known.updated_at = newest.birth_at then known.birth_date end)
            = max(case when known.updated_at = newest.birth_at then known.birth_date end)
            then min(case when known.updated_at = newest.birth_at then known.birth_date end)
    end as birth_date,
    case
        when min(case when known.updated_at = newest.sex_at then known.sex_code end)
            = max(case when known.updated_at = newest.sex_at then known.sex_code end)
            then min(case when known.updated_at = newest.sex_at then known.sex_code end)
        else 'U'
    end as sex_code,
    min(case when known.updated_at = newest.row_at then known.record_id end) as record_id
from known
inner join newest on known.usubjid = newest.usubjid
group by known.usubjid
