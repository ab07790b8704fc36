-- Dated facts of CAR-T cells: orders, collection, manufacture, courses with their product, and what followed each course. Facts
-- of a course are dated on its first infusion, and rest on it where nothing was recorded. detail_code: target antigen, lower case.
with product as (
    select product_code, lower(max(target_antigen)) as target_code
    from {{ ref('stg_ehr__cart_product') }}
    group by product_code
),

course as (
    select *, lower(target_antigen) as target_code
    from {{ ref('cart_course') }}
),

batch as (
    -- Several runs of an order are several occurrences; of one day the last is the one that a course takes (cart_course): the
    -- poorer.
    select
        *,
        row_number() over (
            partition by usubjid, order_id, harvest_date
            order by
                harvest_cells_per_kg desc nulls first,
                transduction_percent desc nulls first,
                viability_percent desc nulls first,
                batch_no desc
        ) as batch_place
    from {{ ref('stg_ehr__cart_manufacture') }}
),

toxicity as (
    select 'crs_grade' as fact, usubjid, course_id, recorded_grade, record_id
    from {{ ref('crs_episode') }}
    union all
    select 'icans_grade', usubjid, course_id, recorded_grade, record_id
    from {{ ref('icans_episode') }}
)

select {{ dated_columns({
    'usubjid': 'cart_order.usubjid',
    'fact': "'cart_order'",
    'fact_date': 'cart_order.ordered_date',
    'value_txt': 'cart_order.order_status',
    'detail_code': 'product.target_code',
    'source_id': 'cart_order.order_id',
    'srcdom': "'ex'",
    'srcvar': "'exstdtc'",
    'record_id': 'cart_order.record_id',
}) }}
from {{ ref('stg_ehr__cart_order') }} as cart_order
inner join product on cart_order.product_code = product.product_code
union all
select {{ dated_columns({
    'usubjid': 'consent.usubjid',
    'fact': "'leukapheresis'",
    'fact_date': 'consent.collected_date',
    'detail_code': 'product.target_code',
    'source_id': 'consent.consent_id',
    'srcdom': "'pr'",
    'srcvar': "'prstdtc'",
    'record_id': 'consent.record_id',
}) }}
from {{ ref('stg_ehr__cart_consent') }} as consent
left join product on consent.product_code = product.product_code
where consent.collected_date is not null
union all
select {{ dated_columns({
    'usubjid': 'manufacture.usubjid',
    'fact': "'cart_manufacture'",
    'order_no': 'manufacture.batch_place',
    'fact_date': 'manufacture.harvest_date',
    'value_num': 'manufacture.harvest_cells_per_kg',
    'detail_code': 'product.target_code',
    'source_id': 'manufacture.order_id',
    'known_date': 'coalesce(manufacture.harvest_date, cart_order.ordered_date)',
    'srcdom': "'ex'",
    'srcvar': "'exstdtc'",
    'record_id': 'manufacture.record_id',
}) }}
from batch as manufacture
inner join {{ ref('stg_ehr__cart_order') }} as cart_order
    on manufacture.usubjid = cart_order.usubjid and manufacture.order_id = cart_order.order_id
inner join product on cart_order.product_code = product.product_code
union all
select {{ dated_columns({
    'fact': "'cart_course'",
    'order_no': 'infusion_no',
    'fact_date': 'infused_date',
    'value_num': 'dose_cells_per_kg',
    'detail_code': 'target_code',
    'course_id': 'course_id',
    'source_id': 'order_id',
    'srcdom': "'ex'",
    'srcvar': "'exstdtc'",
}) }}
from course
{% for fact, value, number in [
    ('cart_scfv_origin', 'scfv_origin', false),
    ('cart_generation_no', 'generation_no', true),
    ('cart_costimulatory_domain', 'costimulatory_domain', false),
    ('cart_signalling_domain', 'signalling_domain', false),
    ('cart_dose_cells_per_kg', 'dose_cells_per_kg', true),
    ('cart_transduction_percent', 'transduction_percent', true),
    ('cart_viability_percent', 'viability_percent', true),
    ('cart_harvest_cells_per_kg', 'harvest_cells_per_kg', true),
] %}
union all
select {{ dated_columns({
    'fact': "'" ~ fact ~ "'",
    'order_no': 'infusion_no',
    'fact_date': 'infused_date',
    'value_num' if number else 'value_txt': value,
    'detail_code': 'target_code',
    'course_id': 'course_id',
    'srcdom': "'ex'",
    'srcvar': "'exstdtc'",
}) }}
from course
where {{ value }} is not null
{% endfor %}
union all
select {{ dated_columns({
    'usubjid': 'course.usubjid',
    'fact': "'lymphodepletion'",
    'order_no': 'course.infusion_no',
    'fact_date': 'course.infused_date',
    'value_txt': 'given.lymphodepletion_code',
    'detail_code': 'course.target_code',
    'course_id': 'course.course_id',
    'srcdom': "'cm'",
    'srcvar': "'cmstdtc'",
    'record_id': 'course.record_id',
}) }}
from course
inner join {{ ref('lymphodepletion') }} as given
    on course.course_id = given.course_id and course.target_antigen = given.target_antigen
union all
select {{ dated_columns({
    'usubjid': 'course.usubjid',
    'fact': "'corticosteroid_day'",
    'fact_date': 'given.dose_date',
    'value_num': 'given.days_since_infusion',
    'detail_code': 'course.target_code',
    'course_id': 'course.course_id',
    'srcdom': "'cm'",
    'srcvar': "'cmstdtc'",
    'record_id': 'given.record_id',
}) }}
from course
inner join {{ ref('corticosteroid_day') }} as given on course.course_id = given.course_id
union all
select {{ dated_columns({
    'usubjid': 'course.usubjid',
    'fact': 'toxicity.fact',
    'order_no': 'course.infusion_no',
    'fact_date': 'course.infused_date',
    'value_num': 'toxicity.recorded_grade',
    'known_date': 'toxicity_window.last_date',
    'detail_code': 'course.target_code',
    'course_id': 'course.course_id',
    'srcdom': "'ae'",
    'srcvar': "'aetoxgr'",
    'record_id': 'coalesce(toxicity.record_id, course.record_id)',
}) }}
from course
inner join toxicity on course.course_id = toxicity.course_id
inner join {{ ref('cart_window') }} as toxicity_window on course.course_id = toxicity_window.course_id
where toxicity.recorded_grade is not null
