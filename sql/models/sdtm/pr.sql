-- SDTM PR: procedures, and the cell collections for CAR-T products, one row each.
with observation as (
    select
        usubjid,
        procedure_code as prtrt,
        dose_gy as prdose,
        performed_date as prstdtc,
        end_date as prendtc,
        record_id
    from {{ ref('stg_ehr__procedure') }}
    union all
    select
        usubjid,
        'cell_collection',
        null,
        cast(collected_date as string),
        null,
        record_id
    from {{ ref('stg_ehr__cart_consent') }}
    where collected_date is not null
)

select
    usubjid,
    'PR' as domain,
    cast(row_number() over (partition by usubjid order by prstdtc, prtrt, record_id) as integer) as prseq,
    prtrt,
    prdose,
    prstdtc,
    prendtc,
    record_id
from observation
