-- Courses of CAR-T cells: one row a course and target antigen. Day 0 (infused_date) is the first infusion of the course, also
-- for the second product of a cocktail. The dose is the sum of the infusions per kg of the first day whose weight is known;
-- one unknown dose makes the sum unknown, and so does a sum that no course is given by (seed plausible_limit). Product: that of the
-- first day; what two products of that day do not have in common is unknown. Record: the first infusion's; order: the first that is on
-- record.
{% set of_product = ['product_code', 'scfv_origin', 'generation_no', 'costimulatory_domain', 'signalling_domain'] -%}
with ordered as (
    select
        infusion.*,
        {% for column in of_product if column != 'product_code' -%}
        product.{{ column }},
        {% endfor -%}
        cart_order.ordered_date,
        infusion.infused_date = min(infusion.infused_date) over (
            partition by infusion.usubjid, infusion.course_date, infusion.target_antigen
        ) as is_first_day,
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
    inner join {{ ref('stg_ehr__cart_product') }} as product on infusion.product_code = product.product_code
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
        {% for column in of_product -%}
        case
            when count(case when is_first_day then {{ column }} end) = count(case when is_first_day then 1 end)
                and min(case when is_first_day then {{ column }} end) = max(case when is_first_day then {{ column }} end)
                then max(case when is_first_day then {{ column }} end)
        end as {{ column }},
        {% endfor -%}
        max(case when place = 1 then record_id end) as record_id,
        max(case when order_place = 1 then order_id end) as order_id,
        max(case when order_place = 1 then ordered_date end) as ordered_date,
        case when count(dose_cells) = count(*) then sum(dose_cells) end as dose_cells
    from ordered
    group by usubjid, course_date, target_antigen
),

batch as (
    -- An order may need several runs; the one that was infused is the last harvested, of one day the poorer.
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

select
    course.usubjid,
    course.usubjid || ':' || cast(course.course_date as string) as course_id,
    cast(row_number() over (
        partition by course.usubjid order by course.course_date, course.target_antigen
    ) as integer) as infusion_no,
    course.target_antigen,
    course.product_code,
    course.scfv_origin,
    course.generation_no,
    course.costimulatory_domain,
    course.signalling_domain,
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
left join batch
    on course.order_id = batch.order_id and course.usubjid = batch.usubjid and batch.recency = 1
