{{ config(contract={'enforced': true}) }}
-- Subject level: one row a screened patient. Unknown is empty, never "no" and never 0. Group, time zero and outcomes stand for
-- included patients; what was known at failure stands for everybody.
with cutoff as (
    select
        {{ study_parameter('ecog_high_min') }} as ecog_high_min,
        {{ study_parameter('stage_high_min') }} as stage_high_min,
        {{ study_parameter('extranodal_high_min') }} as extranodal_high_min,
        {{ study_parameter('bulky_min_mm') }} as bulky_min_mm,
        {{ study_parameter('prior_lines_high_min') }} as prior_lines_high_min,
        {{ study_parameter('early_failure_max_days') }} as early_failure_max_days,
        {{ study_parameter('target_dose_cells_per_kg') }} as target_dose_cells_per_kg
),

cells as (  -- whose treatment CRS and ICANS can belong to, in the days in which adverse events count
    select distinct followed.usubjid
    from {{ ref('followed') }} as followed
    inner join {{ ref('cart_course') }} as cart
        on followed.usubjid = cart.usubjid
        and cart.infused_date between followed.time_zero_date and {{ add_days('followed.time_zero_date', 90) }}
),

outcome as (
    select
        followed.usubjid,
        best.best_response_code,
        best.best_response_code in ('CR', 'PR') as is_responder,
        best.best_response_code = 'CR' as is_complete_responder,
        coalesce(best.best_response_code in ('CR', 'PR'), false) and pfs.cnsr > 0 as is_ongoing_response,
        os.cnsr > 0 as is_alive_at_cut
    from {{ ref('followed') }} as followed
    inner join {{ ref('best_response') }} as best on followed.usubjid = best.usubjid
    inner join {{ ref('adtte') }} as os on followed.usubjid = os.usubjid and os.paramcd = 'OS'
    inner join {{ ref('adtte') }} as pfs on followed.usubjid = pfs.usubjid and pfs.paramcd = 'PFS'
)

select
    screening.usubjid,
    case when screening.is_included then 'Y' else 'N' end as inclfl,
    screening.primary_criterion_id,
    case when outcome.best_response_code is not null then 'Y' else 'N' end as rspevlfl,
    followed.group_code,
    followed.stratum_code,
    followed.noncart_class_code,
    case when followed.usubjid is not null then study_group.index_class_codes end as index_class_codes,
    index_infusion.infused_date as cd19_infusion_date,
    index_infusion.failure_date as cd19_failure_date,
    followed.time_zero_date,
    case when decision.is_eligible_at_failure then 'Y' else 'N' end as failfl,
    case when decision.is_decided then 'Y' else 'N' end as ittfl,
    case when decision.is_decided then decision.itt_group_code end as itt_group_code,
    case when decision.is_decided then decision.decision_date end as decision_date,
    decision.failure_to_cd20_days,
    baseline.age_years,
    nullif(patient.sex_code, 'U') as sex_code,
    baseline.ecog_grade,
    baseline.ecog_grade >= cutoff.ecog_high_min as is_ecog_ge3,
    baseline.ann_arbor_stage,
    baseline.ann_arbor_stage >= cutoff.stage_high_min as is_stage_ge3,
    baseline.ipi_score,
    baseline.ipi_low,
    baseline.ipi_high,
    baseline.is_ipi_ge3,
    baseline.ldh_u_per_l,
    baseline.is_ldh_gt_uln,
    baseline.extranodal_sites_count,
    baseline.extranodal_sites_count >= cutoff.extranodal_high_min as is_extranodal_ge2,
    baseline.max_lesion_mm,
    baseline.max_lesion_mm >= cutoff.bulky_min_mm as is_bulky,
    baseline.is_marrow_involved,
    baseline.is_cns_involved,
    baseline.histology_code,
    baseline.coo_code,
    baseline.is_double_triple_hit,
    baseline.is_tp53_mutated,
    prior.prior_lines_count,
    prior.prior_lines_count >= cutoff.prior_lines_high_min as is_prior_lines_ge3,
    prior.prior_cycles_count,
    prior.has_prior_sct,
    prior.has_prior_radiotherapy,
    index_infusion.failure_type_code as cd19_failure_type_code,
    index_infusion.best_response_code as cd19_best_response_code,
    cast({{ days_between('index_infusion.infused_date', 'index_infusion.failure_date') }} as integer) as time_to_cd19_failure_days,
    {{ days_between('index_infusion.infused_date', 'index_infusion.failure_date') }} <= cutoff.early_failure_max_days
        as is_failure_le_90d,
    rebiopsy.has_rebiopsy,
    baseline.cd19_status_code,
    baseline.cd20_status_code,
    baseline.cd20_percent as cd20_expression_percent,
    cd20.dose_cells_per_kg,
    cd20.is_below_target_dose,
    cd19.dose_cells_per_kg as cd19_dose_cells_per_kg,
    cd19.dose_cells_per_kg < cutoff.target_dose_cells_per_kg as is_cd19_below_target_dose,
    case when followed.usubjid is not null then cells.usubjid is not null end as has_cart_day_0_to_90,
    cd20.has_bridging,
    cd20.bridging_classes,
    bridging.bridging_response_code,
    cd20.lymphodepletion_code,
    cast({{ days_between('index_infusion.infused_date', 'cd20.infused_date') }} as integer) as cart_interval_days,
    cd20.has_corticosteroid,
    ordered.usubjid is not null as is_cd20_ordered,
    ordered.cd20_order_end_code,
    ordered.order_to_infusion_days,
    ordered.has_therapy_while_waiting,
    cd20.transduction_percent,
    cd20.viability_percent,
    outcome.best_response_code,
    outcome.is_responder,
    outcome.is_complete_responder,
    case when followed.usubjid is not null then coalesce(outcome.is_responder, false) end as is_responder_itt,
    case when followed.usubjid is not null then coalesce(outcome.is_complete_responder, false) end as is_complete_responder_itt,
    outcome.is_ongoing_response,
    outcome.is_alive_at_cut,
    case when not outcome.is_alive_at_cut then coalesce(death.cause_code, 'unknown') end as death_cause_code,
    cd20.crs_grade,
    cd20.icans_grade,
    cd20.cart_peak_10e6_per_l,
    cd20.cart_tmax_days,
    cd20.is_cart_detectable
from {{ ref('screening') }} as screening
inner join {{ ref('index_infusion') }} as index_infusion on screening.usubjid = index_infusion.usubjid
left join {{ ref('followed') }} as followed on screening.usubjid = followed.usubjid
left join {{ ref('stg_ehr__patient') }} as patient on screening.usubjid = patient.usubjid
left join {{ ref('baseline_wide') }} as baseline on screening.usubjid = baseline.usubjid
left join {{ ref('prior_therapy') }} as prior on screening.usubjid = prior.usubjid
left join {{ ref('rebiopsy') }} as rebiopsy on screening.usubjid = rebiopsy.usubjid
left join {{ ref('cart_course') }} as cd19
    on index_infusion.course_id = cd19.course_id and cd19.target_antigen = 'CD19'
left join {{ ref('cd20_treatment') }} as cd20 on followed.usubjid = cd20.usubjid
left join cells on followed.usubjid = cells.usubjid
left join {{ ref('bridging_response') }} as bridging on followed.usubjid = bridging.usubjid
left join {{ ref('cd20_intention') }} as ordered on screening.usubjid = ordered.usubjid
left join {{ ref('study_group') }} as study_group on followed.usubjid = study_group.usubjid
left join {{ ref('treatment_decision') }} as decision on screening.usubjid = decision.usubjid
left join {{ ref('death') }} as death on followed.usubjid = death.usubjid
left join outcome on screening.usubjid = outcome.usubjid
cross join cutoff
