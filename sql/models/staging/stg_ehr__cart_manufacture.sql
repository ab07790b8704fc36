-- CAR-T manufacture that count as of the build: one row a record.
select
    usubjid,
    batch_no,
    order_id,
    harvest_date,
    harvest_cells_per_kg,
    transduction_percent,
    viability_percent,
    record_id
from {{ current_version('ehr_cart_manufacture', content=[
    'order_id', 'harvest_date', 'harvest_cells_per_kg', 'transduction_percent', 'viability_percent'
]) }}
