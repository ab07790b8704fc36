-- Findings of treatment records that a data manager must see. One row a finding and record.
-- therapy_start_partial: the day a therapy started is not known; it is imputed, and can be no time zero.
-- dose_start_partial: the day of a given dose is not known. It counts where it can lie.
-- line_start_differs: the line's own start is not the day of its first given dose. The dose counts.
-- line_without_drug: a treating line with no drug on record: its class is unknown.
-- drug_outside_line: an antineoplastic drug that belongs to no line.
-- infusion_without_product: the infused product is not in the catalogue; the infusion does not count.
-- infusion_dose_missing, infusion_weight_missing: the dose per kg of the course is unknown.
-- dose_for_weight: all infusions of a course together do not fit the body weight; the dose per kg is unknown.
-- products_in_one_course: infusions of several products so close that they are one course.
-- infusion_without_order: no order for the infusion: nothing before it can be bridging.
-- order_completed_without_infusion: the order says completed, and nothing was infused for it.
select 'therapy_start_partial' as finding_code, usubjid, record_id, adtf as detail_code
from {{ ref('therapy') }}
where adtf is not null
union all
select 'dose_start_partial', usubjid, record_id, drug_code
from {{ ref('stg_ehr__drug_administration') }}
where administration_status = 'given' and {{ date_imputation_flag('start_date') }} is not null
union all
select 'line_start_differs', line.usubjid, line.record_id, recorded.intent_code
from {{ ref('therapy_line') }} as line
inner join {{ ref('stg_ehr__therapy_line') }} as recorded on line.record_id = recorded.record_id
where line.adtf is null
    and {{ date_imputation_flag('recorded.start_date') }} is null
    and line.start_date <> {{ impute_first('recorded.start_date') }}
union all
select 'line_without_drug', usubjid, record_id, intent_code
from {{ ref('therapy_line') }}
where class_codes is null and intent_code = 'treatment'
union all
select 'drug_outside_line', usubjid, record_id, drug_code
from {{ ref('antineoplastic_dose') }}
where line_id is null
union all
select 'infusion_without_product', infusion.usubjid, infusion.record_id, infusion.product_code
from {{ ref('stg_ehr__cart_infusion') }} as infusion
left join {{ ref('stg_ehr__cart_product') }} as product on infusion.product_code = product.product_code
where product.product_code is null
union all
select 'infusion_dose_missing', usubjid, record_id, target_antigen
from {{ ref('cart_infusion') }}
where dose_cells is null
union all
select 'infusion_weight_missing', usubjid, min(record_id), cast(null as string)
from {{ ref('cart_infusion') }}
group by usubjid, course_date
having count(body_weight_kg) = 0
union all
select 'dose_for_weight', course.usubjid, course.record_id, cast(null as string)
from {{ ref('cart_course') }} as course
inner join (
    select usubjid, course_date, target_antigen
    from {{ ref('cart_infusion') }}
    group by usubjid, course_date, target_antigen
    having count(dose_cells) = count(*)
) as dosed
    on course.usubjid = dosed.usubjid
    and course.infused_date = dosed.course_date
    and course.target_antigen = dosed.target_antigen
inner join (
    select usubjid, course_date
    from {{ ref('cart_infusion') }}
    group by usubjid, course_date
    having count(body_weight_kg) > 0
) as weighed
    on course.usubjid = weighed.usubjid and course.infused_date = weighed.course_date
where course.dose_cells_per_kg is null
union all
select 'products_in_one_course', usubjid, min(record_id), {{ join_distinct('product_code') }}
from {{ ref('cart_infusion') }}
group by usubjid, course_date
having count(distinct product_code) > 1
union all
select 'infusion_without_order', usubjid, record_id, target_antigen
from {{ ref('cart_course') }}
where ordered_date is null
union all
select 'order_completed_without_infusion', cart_order.usubjid, cart_order.record_id, cart_order.product_code
from {{ ref('stg_ehr__cart_order') }} as cart_order
left join {{ ref('stg_ehr__cart_infusion') }} as infusion
    on cart_order.usubjid = infusion.usubjid and cart_order.order_id = infusion.order_id
where cart_order.order_status = 'completed' and infusion.usubjid is null
