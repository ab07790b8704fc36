-- CAR-T consent and collection that count as of the build: one row a record.
select
    usubjid,
    consent_id,
    product_code,
    consented_date,
    collected_date,
    record_id
from {{ counted_row('ehr_cart_consent') }}
