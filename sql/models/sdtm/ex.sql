-- SDTM EX: infusions of CAR-T cells, one row each; the dose is in cells.
with observation as (
    select
        usubjid,
        product_code as extrt,
        dose_cells as exdose,
        body_weight_kg as exweight,
        order_id as exrefid,
        cast(infused_date as string) as exstdtc,
        record_id
    from {{ ref('stg_ehr__cart_infusion') }}
)

select
    usubjid,
    'EX' as domain,
    cast(row_number() over (partition by usubjid order by exstdtc, extrt, record_id) as integer) as exseq,
    extrt,
    exdose,
    exweight,
    exrefid,
    exstdtc,
    record_id
from observation
