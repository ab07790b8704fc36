{{ config(contract={'enforced': true}) }}
-- Kinetics of the CAR-T cells of the followed patients: the count of each sampled day (CARTCNT) and the summary of each
-- infusion, up to the data cut. adt is the sampled day, for a summary the day of infusion. anl01fl marks the course by which
-- the subject was screened and that of time zero. avalc carries the sign of a count reported as above a limit (`>5000`), and `>=`
-- where a peak, a day or an area is at least its value for that reason.
with infusion as (
    {{ followed_courses() }}
),

parameter as (
    select
        course_id,
        target_antigen,
        'CARTCNT' as paramcd,
        'CAR-T cells in blood (10*6/L)' as param,
        '10*6/L' as avalu,
        days_since_infusion,
        max(cells_10e6_per_l) as aval,
        case
            when max(case when comparator = '>' then cells_10e6_per_l end) = max(cells_10e6_per_l) then '>'
            when max(case when comparator in ('>', '>=') then 1 end) = 1 then '>='
            else '='
        end as comparator,
        min(record_id) as record_id
    from {{ ref('cart_count') }}
    group by course_id, target_antigen, days_since_infusion
    {% for paramcd, param, unit, value, comparator in [
        ('CARTPEAK', 'Peak of CAR-T cells in blood (10*6/L)', '10*6/L', 'peak_10e6_per_l', 'peak_comparator'),
        ('CARTTMAX', 'Day of the peak (d)', 'd', 'tmax_days', "'='"),
        ('CARTDET', 'CAR-T cells detected (1 yes, 0 no)', '1', 'case when is_detectable then 1 when not is_detectable then 0 end', "'='"),
        ('CARTPERS', 'Last day with detectable CAR-T cells (d)', 'd', 'persistence_days', "'='"),
        ('CARTAUC', 'Area under the curve from day 0 to 28 (10*6/L.d)', '10*6/L.d', 'auc_0_28_10e6_day_per_l', 'auc_comparator'),
    ] %}
    union all
    select course_id, target_antigen, '{{ paramcd }}', '{{ param }}', '{{ unit }}', 0, {{ value }}, {{ comparator }}, null
    from {{ ref('cell_kinetics') }}
    where {{ value }} is not null
    {% endfor %}
)

select
    infusion.usubjid,
    parameter.paramcd,
    parameter.param,
    infusion.target_antigen,
    infusion.course_id,
    {{ add_days('infusion.infused_date', 'parameter.days_since_infusion') }} as adt,
    cast(parameter.days_since_infusion as integer) as days_since_infusion,
    cast(parameter.aval as double) as aval,
    case when parameter.comparator = '=' then '' else parameter.comparator end
        || {{ number_text('cast(parameter.aval as double)') }} as avalc,
    parameter.avalu,
    infusion.anl01fl,
    infusion.group_code,
    infusion.stratum_code,
    case when parameter.record_id is null then 'ex' else 'cp' end as srcdom,
    coalesce(parameter.record_id, infusion.record_id) as record_id
from infusion
inner join parameter
    on infusion.course_id = parameter.course_id and infusion.target_antigen = parameter.target_antigen
cross join {{ source('meta', 'build') }} as build
where {{ add_days('infusion.infused_date', 'parameter.days_since_infusion') }} <= build.data_cut_date
