-- The baseline items of a patient side by side, and the prognostic index. Unknown stays empty.
-- IPI: one point each for age, raised LDH, ECOG, stage and extranodal sites. With a factor missing only its bounds are known;
-- whether it reaches the cut is known only if both bounds agree.
with item as (
    select
        usubjid,
        max(case when item = 'ecog_grade' then value_num end) as ecog_grade,
        max(case when item = 'ann_arbor_stage' then value_num end) as ann_arbor_stage,
        max(case when item = 'extranodal_sites_count' then value_num end) as extranodal_sites_count,
        max(case when item = 'is_marrow_involved' then value_num end) as is_marrow_involved,
        max(case when item = 'is_cns_involved' then value_num end) as is_cns_involved,
        max(case when item = 'ldh_ratio_uln' then value_num end) as ldh_ratio_uln,
        max(case when item = 'ldh_ratio_uln' then coalesce(value_txt, '=') end) as ldh_comparator,
        max(case when item = 'ldh_u_per_l' then value_num end) as ldh_u_per_l,
        max(case when item = 'max_lesion_mm' then value_num end) as max_lesion_mm,
        max(case when item = 'is_double_triple_hit' then value_num end) as is_double_triple_hit,
        max(case when item = 'is_tp53_mutated' then value_num end) as is_tp53_mutated,
        max(case when item = 'cd20_percent' then value_num end) as cd20_percent,
        max(case when item = 'histology_code' then value_txt end) as histology_code,
        max(case when item = 'coo_code' then value_txt end) as coo_code,
        max(case when item = 'cd19_status_code' then value_txt end) as cd19_status_code,
        max(case when item = 'cd20_status_code' then value_txt end) as cd20_status_code
    from {{ ref('baseline') }}
    group by usubjid
),

limits as (
    select
        {{ study_parameter('ipi_age_over_years') }} as age_over,
        {{ study_parameter('ipi_ecog_min') }} as ecog_min,
        {{ study_parameter('ipi_stage_min') }} as stage_min,
        {{ study_parameter('ipi_extranodal_min') }} as extranodal_min,
        {{ study_parameter('ldh_ratio_over') }} as ldh_over,
        {{ study_parameter('ipi_high_min') }} as ipi_high_min
),

ldh as (
    -- a value reported as above or below a number may decide all the same
    select item.usubjid, {{ is_above('item.ldh_comparator', 'item.ldh_ratio_uln', 'limits.ldh_over') }} as is_above
    from item
    cross join limits
),

factor as (
    select
        age.usubjid,
        age.value_num as age_years,
        case when age.value_num > limits.age_over then 1 when age.value_num is not null then 0 end as age_point,
        case when ldh.is_above then 1 when not ldh.is_above then 0 end as ldh_point,
        case when item.ecog_grade >= limits.ecog_min then 1 when item.ecog_grade is not null then 0 end as ecog_point,
        case when item.ann_arbor_stage >= limits.stage_min then 1 when item.ann_arbor_stage is not null then 0 end as stage_point,
        case
            when item.extranodal_sites_count >= limits.extranodal_min then 1 when item.extranodal_sites_count is not null then 0
        end as extranodal_point
    from {{ ref('eligibility_fact') }} as age
    left join item on age.usubjid = item.usubjid
    left join ldh on age.usubjid = ldh.usubjid
    cross join limits
    where age.fact = 'age_years'
),

bounded as (
    select
        usubjid,
        age_years,
        coalesce(age_point, 0) + coalesce(ldh_point, 0) + coalesce(ecog_point, 0) + coalesce(stage_point, 0)
        + coalesce(extranodal_point, 0) as ipi_low,
        coalesce(age_point, 1) + coalesce(ldh_point, 1) + coalesce(ecog_point, 1) + coalesce(stage_point, 1)
        + coalesce(extranodal_point, 1) as ipi_high
    from factor
)

select
    bounded.usubjid,
    cast(bounded.age_years as integer) as age_years,
    bounded.ipi_low,
    bounded.ipi_high,
    case when bounded.ipi_low = bounded.ipi_high then bounded.ipi_low end as ipi_score,
    case
        when bounded.ipi_low >= limits.ipi_high_min then true
        when bounded.ipi_high < limits.ipi_high_min then false
    end as is_ipi_ge3,
    cast(item.ecog_grade as integer) as ecog_grade,
    cast(item.ann_arbor_stage as integer) as ann_arbor_stage,
    cast(item.extranodal_sites_count as integer) as extranodal_sites_count,
    item.is_marrow_involved = 1 as is_marrow_involved,
    item.is_cns_involved = 1 as is_cns_involved,
    item.ldh_u_per_l,
    ldh.is_above as is_ldh_gt_uln,
    item.max_lesion_mm,
    item.is_double_triple_hit = 1 as is_double_triple_hit,
    item.is_tp53_mutated = 1 as is_tp53_mutated,
    item.cd20_percent,
    item.histology_code,
    item.coo_code,
    item.cd19_status_code,
    item.cd20_status_code
from bounded
left join item on bounded.usubjid = item.usubjid
left join ldh on bounded.usubjid = ldh.usubjid
cross join limits
