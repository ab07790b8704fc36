-- Catalogue of CAR-T products as of the build: one row a product.
select
    product_code,
    target_antigen,
    {{ known_code('ehr_cart_product', 'scfv_origin') }} as scfv_origin,
    {{ plausible('ehr_cart_product', 'generation_no') }} as generation_no,
    {{ known_code('ehr_cart_product', 'costimulatory_domain') }} as costimulatory_domain,
    {{ known_code('ehr_cart_product', 'signalling_domain') }} as signalling_domain,
    record_id
from ({{ current_row('ehr_cart_product', none) }}) as product
