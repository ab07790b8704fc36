-- SDTM DS: consent to CAR-T products, orders of them, and deaths, one row an event.
with observation as (
    select
        usubjid,
        'INFORMED CONSENT OBTAINED' as dsdecod,
        product_code as dsterm,
        cast(consented_date as string) as dsstdtc,
        record_id
    from {{ ref('stg_ehr__cart_consent') }}
    where consented_date is not null
    union all
    select
        usubjid,
        'PRODUCT ORDERED',
        product_code,
        cast(ordered_date as string),
        record_id
    from {{ ref('stg_ehr__cart_order') }}
    union all
    select
        usubjid,
        'DEATH',
        cause_code,
        death_date,
        record_id
    from {{ ref('stg_ehr__death') }}
)

select
    usubjid,
    'DS' as domain,
    cast(row_number() over (partition by usubjid order by dsstdtc, dsdecod, record_id) as integer) as dsseq,
    dsdecod,
    dsterm,
    dsstdtc,
    record_id
from observation
