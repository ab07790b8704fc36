-- Spleen, marrow and non-measured disease on the studies of a course after its anchor, against the baseline of the course.
-- Spleen: over 130 mm is splenomegaly. Progressed: with splenomegaly at baseline, the excess over 130 mm is more than 1.5 times its
-- nadir; without, at least 20 mm longer than at baseline and over 130 mm. Regressed: the excess fell by more than half of
-- that at baseline. A length missing now shows nothing: neither progression nor regression.
-- An organ stands against a complete response only if it was abnormal at baseline and is not recorded normal now.
with compared as (
    select
        scan.*,
        baseline.spleen_mm as baseline_spleen_mm,
        baseline.marrow_code as baseline_marrow_code,
        baseline.nontarget_code as baseline_nontarget_code,
        min(scan.spleen_mm) over (
            partition by scan.course_id order by scan.scan_no rows between unbounded preceding and 1 preceding
        ) as nadir_spleen_mm
    from {{ ref('course_scan') }} as scan
    inner join {{ ref('course_scan') }} as baseline on scan.course_id = baseline.course_id and baseline.is_baseline
)

select
    usubjid,
    course_id,
    record_id,
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
where not is_baseline
