-- SDTM TR: tumour measurements, one row a report, lesion and diameter.
with observation as (
    select
        usubjid,
        'LDIAM' as trtestcd,
        lesion_code as trlnkid,
        ldi_mm as trstresn,
        'mm' as trstresu,
        report_no as trrefid,
        cast(performed_date as string) as trdtc,
        record_id
    from {{ ref('stg_ris__target_lesion') }}
    union all
    select
        usubjid,
        'LPERP',
        lesion_code,
        sdi_mm,
        'mm',
        report_no,
        cast(performed_date as string),
        record_id
    from {{ ref('stg_ris__target_lesion') }}
    union all
    select
        usubjid,
        'LDIAM',
        lesion_code,
        longest_mm,
        'mm',
        report_no,
        cast(performed_date as string),
        record_id
    from {{ ref('stg_ris__new_lesion') }}
)

select
    usubjid,
    'TR' as domain,
    cast(row_number() over (partition by usubjid order by trdtc, trlnkid, trtestcd, record_id, trstresn nulls last) as integer) as trseq,
    trtestcd,
    trlnkid,
    trstresn,
    trstresu,
    trrefid,
    trdtc,
    record_id
from observation
