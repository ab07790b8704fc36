-- CAR-T infusions that count as of the build: one row a record.
select
    usubjid,
    infusion_id,
    order_id,
    product_code,
    infused_date,
    dose_cells,
    body_weight_kg,
    record_id
from {{ current_version('ehr_cart_infusion', content=[
    'order_id', 'product_code', 'infused_date', 'dose_cells', 'body_weight_kg'
]) }}
