{{ config(contract={'enforced': true}) }}
-- Product and treatment of each CAR-T infusion of the followed patients, one row an infusion and parameter: dose, harvest,
-- transduction efficiency and viability of the product, lymphodepletion, days with a corticosteroid for CRS or ICANS.
-- adt is the day of infusion. Unknown has no row; no steroid is 0 days.
with infusion as (
    {{ followed_courses() }}
),

steroid as (
    select course_id, count(*) as days_count
    from {{ ref('corticosteroid_day') }}
    group by course_id
),

parameter as (
    {% for paramcd, param, unit, column in [
        ('DOSE', 'Dose of CAR-T cells (/kg)', '/kg', 'dose_cells_per_kg'),
        ('HARVEST', 'Harvested CAR-T cells (/kg)', '/kg', 'harvest_cells_per_kg'),
        ('TRANSD', 'Transduction efficiency (%)', '%', 'transduction_percent'),
        ('VIAB', 'Viability (%)', '%', 'viability_percent'),
    ] %}
    select
        course_id,
        target_antigen,
        '{{ paramcd }}' as paramcd,
        '{{ param }}' as param,
        cast({{ column }} as double) as aval,
        {{ number_text(column) }} as avalc,
        '{{ unit }}' as avalu
    from infusion
    where {{ column }} is not null
    union all
    {% endfor %}
    select course_id, target_antigen, 'LDREG', 'Lymphodepletion', null, lymphodepletion_code, null
    from {{ ref('lymphodepletion') }}
    union all
    select
        infusion.course_id,
        infusion.target_antigen,
        'STERDAYS',
        'Days with a corticosteroid for CRS or ICANS (d)',
        coalesce(steroid.days_count, 0),
        cast(coalesce(steroid.days_count, 0) as string),
        'd'
    from infusion
    left join steroid on infusion.course_id = steroid.course_id
)

select
    infusion.usubjid,
    parameter.paramcd,
    parameter.param,
    infusion.target_antigen,
    infusion.course_id,
    infusion.infused_date as adt,
    parameter.aval,
    parameter.avalc,
    parameter.avalu,
    infusion.anl01fl,
    infusion.group_code,
    infusion.stratum_code,
    'ex' as srcdom,
    infusion.record_id
from infusion
inner join parameter
    on infusion.course_id = parameter.course_id and infusion.target_antigen = parameter.target_antigen
