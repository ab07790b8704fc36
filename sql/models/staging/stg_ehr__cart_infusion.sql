-- CAR-T infusions that count as of the build: one row a record.
select
    usubjid,
    infusion_id,
    coalesce(parent.counted_no, counted.order_id) as order_id,
    product_code,
    infused_date,
    {{ plausible(
        'ehr_cart_infusion', 'dose_cells', plausible('ehr_cart_infusion', 'dose_cells'), 'per_kg', 'dose_cells / body_weight_kg'
    ) }} as dose_cells,
    {{ plausible('ehr_cart_infusion', 'body_weight_kg') }} as body_weight_kg,
    record_id
from {{ counted_row('ehr_cart_infusion') }}
{{ parent_number('ehr_cart_order', 'order_id') }}
