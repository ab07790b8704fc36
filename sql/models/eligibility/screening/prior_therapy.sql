-- History before the study's CD19 infusion, one row a screened patient. Lines: systemic, treating (drugs under trial count);
-- bridging, conditioning, lymphodepletion, maintenance and radiotherapy alone are no lines. An earlier course of CAR-T cells,
-- whatever its target, is one line; it has no cycles. Cycles: those of every line known, or none.
with line as (
    select
        index_infusion.usubjid,
        count(*) as lines_count,
        case when count(line.cycles_count) = count(*) then sum(line.cycles_count) end as cycles_count,
        max(line.start_date) as last_start_date
    from {{ ref('index_infusion') }} as index_infusion
    inner join {{ ref('therapy_line') }} as line
        on index_infusion.usubjid = line.usubjid and line.start_date < index_infusion.infused_date
    where line.intent_code in ('treatment', 'trial')
    group by index_infusion.usubjid
),

cells_before as (
    select
        index_infusion.usubjid,
        count(distinct cart.course_id) as courses_count,
        max(cart.infused_date) as last_infused_date
    from {{ ref('index_infusion') }} as index_infusion
    inner join {{ ref('cart_course') }} as cart
        on index_infusion.usubjid = cart.usubjid and cart.infused_date < index_infusion.infused_date
    group by index_infusion.usubjid
),

procedure_before as (
    select
        index_infusion.usubjid,
        max(case when therapy.kind = 'transplant' then 1 else 0 end) as has_sct,
        max(case when therapy.kind = 'radiotherapy' then 1 else 0 end) as has_radiotherapy
    from {{ ref('index_infusion') }} as index_infusion
    inner join {{ ref('therapy') }} as therapy
        on index_infusion.usubjid = therapy.usubjid and therapy.start_date < index_infusion.infused_date
    group by index_infusion.usubjid
)

select
    index_infusion.usubjid,
    cast(coalesce(line.lines_count, 0) + coalesce(cells_before.courses_count, 0) as integer) as prior_lines_count,
    cast(case when line.usubjid is null then 0 else line.cycles_count end as integer) as prior_cycles_count,
    greatest(
        coalesce(line.last_start_date, cells_before.last_infused_date),
        coalesce(cells_before.last_infused_date, line.last_start_date)
    ) as last_prior_line_date,
    coalesce(procedure_before.has_sct, 0) = 1 as has_prior_sct,
    coalesce(procedure_before.has_radiotherapy, 0) = 1 as has_prior_radiotherapy
from {{ ref('index_infusion') }} as index_infusion
left join line on index_infusion.usubjid = line.usubjid
left join cells_before on index_infusion.usubjid = cells_before.usubjid
left join procedure_before on index_infusion.usubjid = procedure_before.usubjid
