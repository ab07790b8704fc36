{{ config(contract={'enforced': true}) }}
-- Tumour burden of the followed patients on CT: the sum of the products of diameters of the target lesions (SPD, Cheson 2014).
-- SPD: the response baseline and every later day up to the data cut that measured all target lesions: a sum with an unknown
-- part is unknown, and has no row. SPDLOW: the smallest that counts (anl01fl) after the baseline; of equals the first.
-- The reports of one day are one row. anl01fl: up to and including the day of the first PD and of new therapy.
-- base: of the same lesions; larger than on the baseline row where a target has merged with a lesion that was none.
with baseline as (
    select
        lesion.course_id,
        lesion.performed_date,
        sum(lesion.ppd_mm2) as spd_mm2,
        min(scan.record_id) as record_id
    from {{ ref('course_lesion') }} as lesion
    inner join {{ ref('course_scan') }} as scan
        on lesion.course_id = scan.course_id and lesion.performed_date = scan.performed_date
    where lesion.is_baseline and lesion.is_target and lesion.link_no = 0
    group by lesion.course_id, lesion.performed_date
),

scan as (
    select course_id, performed_date, true as is_baseline, record_id, spd_mm2, spd_mm2 as baseline_spd_mm2
    from baseline
    union all
    select response.course_id, response.performed_date, false, response.record_id, response.spd_mm2, response.baseline_spd_mm2
    from {{ ref('ct_response') }} as response
    where response.spd_mm2 is not null
),

first_pd as (
    select usubjid, min(assessment_date) as pd_date
    from {{ ref('followup_assessment') }}
    where avalc = 'PD'
    group by usubjid
),

measured as (
    select
        followed.usubjid,
        followed.time_zero_date,
        followed.group_code,
        followed.stratum_code,
        scan.performed_date,
        scan.is_baseline,
        scan.record_id,
        scan.spd_mm2,
        scan.baseline_spd_mm2,
        scan.is_baseline
        or (
            (first_pd.pd_date is null or scan.performed_date <= first_pd.pd_date)
            and (followed.new_therapy_date is null or scan.performed_date <= followed.new_therapy_date)
        ) as is_counted
    from {{ ref('followed') }} as followed
    inner join scan on followed.course_id = scan.course_id
    left join first_pd on followed.usubjid = first_pd.usubjid
    cross join {{ source('meta', 'build') }} as build
    where scan.performed_date <= build.data_cut_date
),

ordered as (
    select
        *,
        is_counted and not is_baseline as is_candidate,
        row_number() over (
            partition by usubjid, is_counted and not is_baseline order by spd_mm2, performed_date
        ) as low_no
    from measured
),

parameter as (
    select 'SPD' as paramcd, ordered.* from ordered
    union all
    select 'SPDLOW' as paramcd, ordered.* from ordered where is_candidate and low_no = 1
)

select
    usubjid,
    paramcd,
    case paramcd
        when 'SPD' then 'Sum of the products of diameters (mm2)'
        else 'Smallest sum of the products of diameters after the baseline (mm2)'
    end as param,
    performed_date as adt,
    cast({{ study_day('time_zero_date', 'performed_date') }} as integer) as ady,
    cast({{ days_between('time_zero_date', 'performed_date') }} as integer) as days_since_time_zero,
    cast(spd_mm2 as double) as aval,
    'mm2' as avalu,
    case when is_baseline then 'Y' end as ablfl,
    cast(baseline_spd_mm2 as double) as base,
    cast(spd_mm2 - baseline_spd_mm2 as double) as chg,
    cast(100 * (spd_mm2 - baseline_spd_mm2) as double) / cast(nullif(baseline_spd_mm2, 0) as double) as pchg,
    case when is_counted then 'Y' else 'N' end as anl01fl,
    group_code,
    stratum_code,
    'tr' as srcdom,
    record_id
from parameter
