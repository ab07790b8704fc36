-- Intention to treat: patients for whom CD20 cells were ordered; were they ever infused, did the manufacture fail?
with ordered as (
    select usubjid, source_id as order_id, fact_date as ordered_date, record_id
    from {{ ref('study_fact') }}
    where fact = 'cart_order' and detail_code = 'cd20'
),

batch as (
    select
        manufacture.usubjid,
        max(case when manufacture.value_num < threshold.value_num then 1 else 0 end) as has_failed,
        max(case when manufacture.value_num >= threshold.value_num then 1 else 0 end) as has_enough
    from ordered
    inner join {{ ref('study_fact') }} as manufacture
        on ordered.usubjid = manufacture.usubjid
        and ordered.order_id = manufacture.source_id
        and manufacture.fact = 'cart_manufacture'
    cross join (
        select {{ study_parameter('manufacture_failed_under_cells_per_kg') }} as value_num
    ) as threshold
    group by manufacture.usubjid
),

infused as (
    select distinct usubjid
    from {{ ref('study_fact') }}
    where fact = 'cart_course' and detail_code = 'cd20'
)

select
    ordered.usubjid,
    min(ordered.ordered_date) as first_ordered_date,
    min_by(ordered.record_id, cast(ordered.ordered_date as string) || ordered.record_id) as record_id,
    infused.usubjid is null as is_ordered_not_infused,
    infused.usubjid is not null or coalesce(batch.has_enough, 0) = 1 as is_manufactured,
    coalesce(batch.has_failed, 0) = 1 as has_manufacturing_failure
from ordered
left join batch on ordered.usubjid = batch.usubjid
left join infused on ordered.usubjid = infused.usubjid
group by ordered.usubjid, infused.usubjid, batch.has_failed, batch.has_enough
