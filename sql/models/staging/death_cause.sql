-- Causes of death that are known, one row a death record: also of a record that is another one entered twice, and the days on which
-- it can have been. Two records are of one death when they can be of one day; their causes may contradict each other.
with record as (
    select usubjid, death_date, cause_code, record_id
    from {{ ref('stg_ehr__death') }}
    union all
    select merged.usubjid, entered.death_date, {{ known_code('ehr_death', 'cause_code', 'entered.cause_code') }}, merged.record_id
    from {{ ref('merged_number') }} as merged
    inner join {{ source('raw', 'ehr_death') }} as entered on merged.record_id = entered.record_id
    where merged.table_name = 'ehr_death' and merged.is_in_force
)

select
    usubjid,
    {{ impute_first('death_date') }} as earliest_date,
    {{ impute_last('death_date') }} as latest_date,
    cause_code,
    record_id
from record
where cause_code <> 'unknown'
