-- CAR-T manufacture that count as of the build: one row a record.
select
    usubjid,
    batch_no,
    coalesce(parent.counted_no, counted.order_id) as order_id,
    harvest_date,
    {{ plausible('ehr_cart_manufacture', 'harvest_cells_per_kg') }} as harvest_cells_per_kg,
    {{ plausible('ehr_cart_manufacture', 'transduction_percent') }} as transduction_percent,
    {{ plausible('ehr_cart_manufacture', 'viability_percent') }} as viability_percent,
    record_id
from {{ counted_row('ehr_cart_manufacture') }}
{{ parent_number('ehr_cart_order', 'order_id') }}
