-- CAR-T infusions: one row a patient, day and target antigen (bags of one product on one day are one infusion).
with infusion as (
    select
        infusion.usubjid,
        infusion.infused_date,
        product.target_antigen,
        min(infusion.product_code) as product_code,
        min(infusion.order_id) as order_id,
        sum(infusion.dose_cells) / max(infusion.body_weight_kg) as dose_cells_per_kg,
        min(infusion.record_id) as record_id
    from {{ ref('stg_ehr__cart_infusion') }} as infusion
    inner join {{ ref('stg_ehr__cart_product') }} as product on infusion.product_code = product.product_code
    cross join {{ source('meta', 'build') }} as build
    where infusion.infused_date <= build.data_cut_date
    group by infusion.usubjid, infusion.infused_date, product.target_antigen
),

batch as (
    -- An order may need several runs; the one that was infused is the last harvested.
    select
        *,
        row_number() over (
            partition by usubjid, order_id order by harvest_date desc nulls last, batch_no desc
        ) as recency
    from {{ ref('stg_ehr__cart_manufacture') }}
)

select
    infusion.usubjid,
    infusion.usubjid || ':' || cast(infusion.infused_date as varchar) as course_id,
    cast(row_number() over (
        partition by infusion.usubjid order by infusion.infused_date, infusion.target_antigen
    ) as integer) as infusion_no,
    infusion.target_antigen,
    infusion.product_code,
    product.scfv_origin,
    product.generation_no,
    product.costimulatory_domain,
    product.signalling_domain,
    infusion.infused_date,
    infusion.dose_cells_per_kg,
    infusion.order_id,
    cart_order.ordered_date,
    batch.harvest_cells_per_kg,
    batch.transduction_percent,
    batch.viability_percent,
    infusion.record_id
from infusion
inner join {{ ref('stg_ehr__cart_product') }} as product on infusion.product_code = product.product_code
left join {{ ref('stg_ehr__cart_order') }} as cart_order
    on infusion.order_id = cart_order.order_id and infusion.usubjid = cart_order.usubjid
left join batch
    on infusion.order_id = batch.order_id and infusion.usubjid = batch.usubjid and batch.recency = 1
