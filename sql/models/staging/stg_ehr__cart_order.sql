-- CAR-T orders that count as of the build: one row a record.
select
    usubjid,
    order_id,
    product_code,
    ordered_date,
    {{ known_code('ehr_cart_order', 'order_status') }} as order_status,
    record_id
from {{ counted_thing('ehr_cart_order') }}
