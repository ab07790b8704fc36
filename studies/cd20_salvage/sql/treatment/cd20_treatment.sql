-- CD20 CAR-T therapy of the CD20 group, one row a patient: bridging, lymphodepletion, product, dose, toxicity, expansion.
with treated as (
    select study_group.usubjid, infusion.*
    from {{ ref('study_group') }} as study_group
    inner join (
        select
            course_id, infused_date, dose_cells_per_kg, transduction_percent, viability_percent
        from {{ ref('cart_course') }}
        where target_antigen = 'CD20'
    ) as infusion on study_group.course_id = infusion.course_id
    where study_group.group_code = 'cd20'
),

bridging as (
    select therapy.usubjid, {{ join_distinct('class.class_code') }} as class_codes
    from {{ ref('therapy_after_failure') }} as therapy
    inner join treated on therapy.usubjid = treated.usubjid and therapy.bridged_infusion_date = treated.infused_date
    left join {{ ref('therapy_class') }} as class
        on therapy.usubjid = class.usubjid and therapy.therapy_id = class.therapy_id
    group by therapy.usubjid
),

steroid as (
    select distinct given.course_id
    from {{ ref('corticosteroid_day') }} as given
    cross join (select {{ study_parameter('toxicity_to_day') }} as value_num) as last_day
    where given.days_since_infusion <= last_day.value_num
)

select
    treated.usubjid,
    treated.course_id,
    treated.infused_date,
    treated.dose_cells_per_kg,
    treated.dose_cells_per_kg < target.value_num as is_below_target_dose,
    treated.transduction_percent,
    treated.viability_percent,
    bridging.usubjid is not null as has_bridging,
    bridging.class_codes as bridging_classes,
    lymphodepletion.lymphodepletion_code,
    steroid.course_id is not null as has_corticosteroid,
    cast(crs.recorded_grade as integer) as crs_grade,
    cast(icans.recorded_grade as integer) as icans_grade,
    kinetics.peak_10e6_per_l as cart_peak_10e6_per_l,
    cast(kinetics.tmax_days as integer) as cart_tmax_days,
    kinetics.is_detectable as is_cart_detectable
from treated
left join bridging on treated.usubjid = bridging.usubjid
left join {{ ref('lymphodepletion') }} as lymphodepletion
    on treated.course_id = lymphodepletion.course_id and lymphodepletion.target_antigen = 'CD20'
left join steroid on treated.course_id = steroid.course_id
left join {{ ref('crs_episode') }} as crs on treated.course_id = crs.course_id
left join {{ ref('icans_episode') }} as icans on treated.course_id = icans.course_id
left join {{ ref('cell_kinetics') }} as kinetics
    on treated.course_id = kinetics.course_id and kinetics.target_antigen = 'CD20'
cross join (select {{ study_parameter('target_dose_cells_per_kg') }} as value_num) as target
