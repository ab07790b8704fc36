-- Intention to treat: patients for whom CD20 cells were ordered; were they ever infused, did the manufacture fail?
with ordered as (
    select cart_order.usubjid, cart_order.order_id, cart_order.ordered_date, cart_order.record_id
    from {{ ref('stg_ehr__cart_order') }} as cart_order
    inner join {{ ref('stg_ehr__cart_product') }} as product on cart_order.product_code = product.product_code
    cross join {{ source('meta', 'build') }} as build
    where product.target_antigen = 'CD20' and cart_order.ordered_date <= build.data_cut_date
),

batch as (
    select
        manufacture.usubjid,
        max(case when manufacture.harvest_cells_per_kg < threshold.value_num then 1 else 0 end) as has_failed,
        max(case when manufacture.harvest_cells_per_kg >= threshold.value_num then 1 else 0 end) as has_enough
    from ordered
    inner join {{ ref('stg_ehr__cart_manufacture') }} as manufacture
        on ordered.usubjid = manufacture.usubjid and ordered.order_id = manufacture.order_id
    cross join (
        select {{ study_parameter('manufacture_failed_under_cells_per_kg') }} as value_num
    ) as threshold
    group by manufacture.usubjid
),

infused as (
    select distinct usubjid
    from {{ ref('cart_course') }}
    where target_antigen = 'CD20'
)

select
    ordered.usubjid,
    min(ordered.ordered_date) as first_ordered_date,
    min_by(ordered.record_id, cast(ordered.ordered_date as varchar) || ordered.record_id) as record_id,
    infused.usubjid is null as is_ordered_not_infused,
    infused.usubjid is not null or coalesce(batch.has_enough, 0) = 1 as is_manufactured,
    coalesce(batch.has_failed, 0) = 1 as has_manufacturing_failure
from ordered
left join batch on ordered.usubjid = batch.usubjid
left join infused on ordered.usubjid = infused.usubjid
group by ordered.usubjid, infused.usubjid, batch.has_failed, batch.has_enough
