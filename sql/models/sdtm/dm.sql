-- SDTM DM: demographics, one row a person. No birth date: ages are derived where they are needed. The death is the record
-- that counts everywhere, with its date as recorded.
select
    patient.usubjid,
    'DM' as domain,
    coalesce(patient.sex_code, 'U') as sex,
    cast(infusion.rfstdtc as string) as rfstdtc,
    death.recorded_date as dthdtc,
    case when death.usubjid is not null then 'Y' end as dthfl,
    patient.record_id
from {{ ref('stg_ehr__patient') }} as patient
left join (
    select usubjid, min(infused_date) as rfstdtc
    from {{ ref('stg_ehr__cart_infusion') }}
    group by usubjid
) as infusion on patient.usubjid = infusion.usubjid
left join {{ ref('death_record') }} as death on patient.usubjid = death.usubjid and death.is_counted
