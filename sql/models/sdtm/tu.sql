-- SDTM TU: tumour lesions as identified, one row a report and lesion.
with observation as (
    select
        usubjid,
        'TARGET' as tuorres,
        lesion_code as tulnkid,
        site_code as tuloc,
        lesion_kind as tulesion,
        report_no as turefid,
        cast(performed_date as string) as tudtc,
        record_id
    from {{ ref('stg_ris__target_lesion') }}
    union all
    select
        usubjid,
        'NEW',
        lesion_code,
        site_code,
        lesion_kind,
        report_no,
        cast(performed_date as string),
        record_id
    from {{ ref('stg_ris__new_lesion') }}
)

select
    usubjid,
    'TU' as domain,
    cast(row_number() over (partition by usubjid order by tudtc, tulnkid, record_id, tuorres, tuloc, tulesion) as integer) as tuseq,
    tuorres,
    tulnkid,
    tuloc,
    tulesion,
    turefid,
    tudtc,
    record_id
from observation
