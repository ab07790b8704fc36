-- Spleen, marrow and non-measured disease on the scans of a course after its anchor, against the baseline of the course.
-- Baseline: of its days the last that says something (of non-measured disease, the last that knows of any).
-- Spleen: over 130 mm is splenomegaly. Progressed: with splenomegaly at baseline, the excess over 130 mm is more than 1.5 times its
-- nadir; without, at least 20 mm longer than at baseline and over 130 mm. Regressed: the excess fell by more than half of
-- that at baseline. A length missing now shows nothing: neither progression nor regression.
-- An organ stands against a complete response only if it was abnormal at baseline and is not recorded normal now.
with said as (
    select
        *,
        max(case when spleen_mm is not null then performed_date end) over (partition by course_id) as spleen_date,
        max(case when marrow_code <> 'not_assessed' then performed_date end) over (partition by course_id) as marrow_date,
        max(case when nontarget_code not in ('not_assessed', 'none') then performed_date end) over (
            partition by course_id
        ) as nontarget_date
    from {{ ref('course_scan') }}
    where is_baseline
),

baseline as (
    select
        course_id,
        max(case when performed_date = spleen_date then spleen_mm end) as spleen_mm,
        max(case when performed_date = marrow_date then marrow_code end) as marrow_code,
        max(case when performed_date = nontarget_date then nontarget_code end) as nontarget_code
    from said
    group by course_id
),

compared as (
    select
        scan.*,
        baseline.spleen_mm as baseline_spleen_mm,
        baseline.marrow_code as baseline_marrow_code,
        baseline.nontarget_code as baseline_nontarget_code,
        least(baseline.spleen_mm, min(scan.spleen_mm) over (
            partition by scan.course_id order by scan.performed_date rows between unbounded preceding and 1 preceding
        )) as nadir_spleen_mm
    from {{ ref('course_scan') }} as scan
    inner join baseline on scan.course_id = baseline.course_id
    where not scan.is_baseline
)

select
    usubjid,
    course_id,
    performed_date,
    coalesce(case
        when baseline_spleen_mm > {{ lugano('normal_spleen_mm') }} then
            spleen_mm - {{ lugano('normal_spleen_mm') }}
            > {{ lugano('spleen_excess_ratio') }} * greatest(nadir_spleen_mm - {{ lugano('normal_spleen_mm') }}, 0)
        else
            spleen_mm - baseline_spleen_mm >= {{ lugano('spleen_growth_mm') }}
            and spleen_mm > {{ lugano('normal_spleen_mm') }}
    end, false) as is_spleen_progressed,
    case
        when baseline_spleen_mm > {{ lugano('normal_spleen_mm') }} then coalesce(
            spleen_mm - {{ lugano('normal_spleen_mm') }}
            < {{ lugano('spleen_regression_ratio') }} * (baseline_spleen_mm - {{ lugano('normal_spleen_mm') }}),
            false
        )
        else true
    end as is_spleen_regressed,
    coalesce(nontarget_code = 'progressed', false) as is_nontarget_progressed,
    coalesce(marrow_code = 'new', false) as is_marrow_new,
    coalesce(baseline_spleen_mm > {{ lugano('normal_spleen_mm') }}, false)
    and not coalesce(spleen_mm <= {{ lugano('normal_spleen_mm') }}, false) as is_spleen_open,
    coalesce(baseline_marrow_code in ('unchanged', 'reduced', 'new'), false)
    and not coalesce(marrow_code = 'normal', false) as is_marrow_open,
    coalesce(baseline_nontarget_code in ('regressed', 'stable', 'progressed'), false)
    and not coalesce(nontarget_code in ('none', 'absent', 'normal'), false) as is_nontarget_open
from compared
