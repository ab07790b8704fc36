-- Courses of CAR-T cells: one row a course and target antigen. Day 0 (infused_date) is the first infusion of the course, also
-- for the second product of a cocktail. The dose is the sum of the infusions per kg of the first day whose weight is known;
-- one unknown dose makes the sum unknown, and so does a sum that no course is given by (seed plausible_limit). Product and record: the first infusion's; order: the first that is on record.
with ordered as (
    select
        infusion.*,
        cart_order.ordered_date,
        row_number() over (
            partition by infusion.usubjid, infusion.course_date, infusion.target_antigen
            order by infusion.infused_date, infusion.infusion_id
        ) as place,
        row_number() over (
            partition by infusion.usubjid, infusion.course_date, infusion.target_antigen
            order by
                case when cart_order.order_id is not null then 0 when infusion.order_id is not null then 1 else 2 end,
                infusion.infused_date,
                infusion.infusion_id
        ) as order_place,
        row_number() over (
            partition by infusion.usubjid, infusion.course_date
            order by
                case when infusion.body_weight_kg is not null then 0 else 1 end,
                infusion.infused_date,
                infusion.body_weight_kg desc
        ) as weight_place
    from {{ ref('cart_infusion') }} as infusion
    left join {{ ref('stg_ehr__cart_order') }} as cart_order
        on infusion.order_id = cart_order.order_id and infusion.usubjid = cart_order.usubjid
),

weight as (
    select usubjid, course_date, body_weight_kg
    from ordered
    where weight_place = 1
),

course as (
    select
        usubjid,
        course_date,
        target_antigen,
        max(case when place = 1 then product_code end) as product_code,
        max(case when place = 1 then record_id end) as record_id,
        max(case when order_place = 1 then order_id end) as order_id,
        max(case when order_place = 1 then ordered_date end) as ordered_date,
        case when count(dose_cells) = count(*) then sum(dose_cells) end as dose_cells
    from ordered
    group by usubjid, course_date, target_antigen
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
    course.usubjid,
    course.usubjid || ':' || cast(course.course_date as varchar) as course_id,
    cast(row_number() over (
        partition by course.usubjid order by course.course_date, course.target_antigen
    ) as integer) as infusion_no,
    course.target_antigen,
    course.product_code,
    product.scfv_origin,
    product.generation_no,
    product.costimulatory_domain,
    product.signalling_domain,
    course.course_date as infused_date,
    {{ plausible(
        'ehr_cart_infusion', 'dose_cells', 'course.dose_cells / weight.body_weight_kg', 'course_per_kg'
    ) }} as dose_cells_per_kg,
    course.order_id,
    course.ordered_date,
    batch.harvest_cells_per_kg,
    batch.transduction_percent,
    batch.viability_percent,
    course.record_id
from course
inner join weight on course.usubjid = weight.usubjid and course.course_date = weight.course_date
inner join {{ ref('stg_ehr__cart_product') }} as product on course.product_code = product.product_code
left join batch
    on course.order_id = batch.order_id and course.usubjid = batch.usubjid and batch.recency = 1
