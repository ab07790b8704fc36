-- Catalogue of CAR-T products as of the build: one row a product.
select
    product_code,
    target_antigen,
    scfv_origin,
    generation_no,
    costimulatory_domain,
    signalling_domain,
    record_id
from ({{ current_row('ehr_cart_product', none) }}) as product
