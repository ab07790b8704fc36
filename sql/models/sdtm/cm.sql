-- SDTM CM: drugs given and vasopressors, one row a dose, course or infusion.
with observation as (
    select
        usubjid,
        drug_code as cmtrt,
        indication_code as cmindc,
        dose_value as cmdose,
        dose_unit as cmdosu,
        line_id as cmgrpid,
        start_date as cmstdtc,
        end_date as cmendtc,
        record_id
    from {{ ref('stg_ehr__drug_administration') }}
    where administration_status = 'given'
    union all
    select
        usubjid,
        drug_code,
        'hypotension',
        null,
        null,
        null,
        cast(started_date as string),
        cast(stopped_date as string),
        record_id
    from {{ ref('stg_ehr__vasopressor') }}
)

select
    usubjid,
    'CM' as domain,
    cast(row_number() over (partition by usubjid order by cmstdtc, cmtrt, record_id) as integer) as cmseq,
    cmtrt,
    cmindc,
    cmdose,
    cmdosu,
    cmgrpid,
    cmstdtc,
    cmendtc,
    record_id
from observation
