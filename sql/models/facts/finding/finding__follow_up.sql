-- Findings of deaths and contacts that cannot both be right. One row a finding and record.
-- death_before_contact: the death, as precisely as it is known, lies before a dated contact. Nothing is changed.
-- death_date_conflict: several death records of a patient give different dates. The most precise, then the earliest counts.
with conflict as (
    select usubjid
    from {{ ref('stg_ehr__death') }}
    group by usubjid
    having count(distinct death_date) > 1
)

select
    'death_before_contact' as finding_code,
    record.usubjid,
    record.record_id,
    last_alive.srcdom as detail_code
from {{ ref('stg_ehr__death') }} as record
inner join {{ ref('last_alive') }} as last_alive on record.usubjid = last_alive.usubjid
where {{ impute_last('record.death_date') }} < last_alive.last_alive_date
union all
select 'death_date_conflict', record.usubjid, record.record_id, record.cause_code
from {{ ref('stg_ehr__death') }} as record
inner join conflict on record.usubjid = conflict.usubjid
