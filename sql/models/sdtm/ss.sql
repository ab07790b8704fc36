-- SDTM SS: subject status, one row a contact at which the patient was alive.
with observation as (
    select
        usubjid,
        'SURVSTAT' as sstestcd,
        'ALIVE' as ssstresc,
        contact_code as ssorres,
        cast(contact_date as string) as ssdtc,
        record_id
    from {{ ref('stg_ehr__contact') }}
)

select
    usubjid,
    'SS' as domain,
    cast(row_number() over (partition by usubjid order by ssdtc, ssorres, record_id) as integer) as ssseq,
    sstestcd,
    ssstresc,
    ssorres,
    ssdtc,
    record_id
from observation
