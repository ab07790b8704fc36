-- Infusions of known CAR-T products up to the data cut, one row a record, and the first day of the course that each belongs
-- to. An infusion is linked to the one before it within same_course_days, and to the last of its product or order within
-- same_product_days when nothing interrupts them; a course starts on a day that no link reaches across.
with infused as (
    select
        infusion.usubjid,
        infusion.infusion_id,
        infusion.order_id,
        infusion.product_code,
        product.target_antigen,
        infusion.infused_date,
        infusion.dose_cells,
        infusion.body_weight_kg,
        infusion.record_id
    from {{ ref('stg_ehr__cart_infusion') }} as infusion
    inner join {{ ref('stg_ehr__cart_product') }} as product on infusion.product_code = product.product_code
    cross join {{ source('meta', 'build') }} as build
    where infusion.infused_date <= build.data_cut_date
),

preceded as (
    select
        *,
        lag(infused_date) over (partition by usubjid order by infused_date, infusion_id) as previous_date,
        lag(infused_date) over (partition by usubjid, product_code order by infused_date, infusion_id) as product_date,
        case
            when order_id is not null
                then lag(infused_date) over (partition by usubjid, order_id order by infused_date, infusion_id)
        end as order_date
    from infused
),

interruption as (
    select usubjid, progression_date as interruption_date
    from {{ ref('clinical_progression') }}
    where adtf is null
    union all
    select usubjid, start_date
    from {{ ref('therapy_line') }}
    where adtf is null
),

linked as (
    {%- for reached, days in [
        ('previous_date', 'same_course_days'), ('product_date', 'same_product_days'), ('order_date', 'same_product_days'),
    ] %}
    select preceded.infusion_id, preceded.{{ reached }} as linked_date
    from preceded
    {%- if days == 'same_product_days' %}
    left join interruption
        on preceded.usubjid = interruption.usubjid
        and interruption.interruption_date > preceded.{{ reached }}
        and interruption.interruption_date <= preceded.infused_date
    {%- endif %}
    where {{ days_between('preceded.' ~ reached, 'preceded.infused_date') }} <= {{ cart(days) }}
        {%- if days == 'same_product_days' %}
        and interruption.usubjid is null
        {%- endif %}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

reaching as (
    select infusion_id, min(linked_date) as linked_date
    from linked
    group by infusion_id
),

placed as (
    -- Windows by day, not by row: the infusions of one day belong together.
    select
        infused.*,
        min(coalesce(reaching.linked_date, infused.infused_date)) over (
            partition by infused.usubjid order by infused.infused_date desc
        ) >= infused.infused_date as is_first_day
    from infused
    left join reaching on infused.infusion_id = reaching.infusion_id
)

select
    usubjid,
    infusion_id,
    order_id,
    product_code,
    target_antigen,
    infused_date,
    max(case when is_first_day then infused_date end) over (partition by usubjid order by infused_date) as course_date,
    dose_cells,
    body_weight_kg,
    record_id
from placed
