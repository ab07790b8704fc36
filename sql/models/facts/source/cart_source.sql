-- The records of each course of cells, one row a course, target antigen and record: every infusion up to the next course,
-- the product of the catalogue, the order, and the batch whose figures the course carries.
with follow_on as (
    select usubjid, infused_date, lead(infused_date) over (partition by usubjid order by infused_date) as next_date
    from (select distinct usubjid, infused_date from {{ ref('cart_course') }}) as started
),

infused as (
    select
        course.usubjid,
        course.course_id,
        course.target_antigen,
        course.order_id,
        course.infused_date,
        bag.product_code,
        bag.infused_date as bag_date,
        course.record_id as course_record_id,
        bag.record_id
    from {{ ref('cart_course') }} as course
    inner join follow_on on course.usubjid = follow_on.usubjid and course.infused_date = follow_on.infused_date
    inner join {{ ref('stg_ehr__cart_infusion') }} as bag
        on course.usubjid = bag.usubjid
        and bag.infused_date >= course.infused_date
        and (follow_on.next_date is null or bag.infused_date < follow_on.next_date)
    inner join {{ ref('stg_ehr__cart_product') }} as product
        on bag.product_code = product.product_code and course.target_antigen = product.target_antigen
    cross join {{ source('meta', 'build') }} as build
    where bag.infused_date <= build.data_cut_date
),

batch as (
    select
        *,
        row_number() over (
            partition by usubjid, order_id
            order by
                harvest_date desc nulls last,
                harvest_cells_per_kg nulls last,
                transduction_percent nulls last,
                viability_percent nulls last,
                batch_no
        ) as recency
    from {{ ref('stg_ehr__cart_manufacture') }}
)

select usubjid, course_id, target_antigen, course_record_id, record_id, 'infusion' as role
from infused
union
select infused.usubjid, infused.course_id, infused.target_antigen, infused.course_record_id, product.record_id, 'product'
from infused
inner join {{ ref('stg_ehr__cart_product') }} as product on infused.product_code = product.product_code
where infused.bag_date = infused.infused_date
union
select infused.usubjid, infused.course_id, infused.target_antigen, infused.course_record_id, cart_order.record_id, 'order'
from infused
inner join {{ ref('stg_ehr__cart_order') }} as cart_order
    on infused.usubjid = cart_order.usubjid and infused.order_id = cart_order.order_id
union
select infused.usubjid, infused.course_id, infused.target_antigen, infused.course_record_id, batch.record_id, 'batch'
from infused
inner join batch on infused.usubjid = batch.usubjid and infused.order_id = batch.order_id and batch.recency = 1
