-- One measured lesion on one study of one course, against its own past in that course.
-- Nadir: the smallest product of diameters (PPD) on the baseline study or any earlier study of the course; its diameters are
-- those of that study (the first of equals).
-- Target: measured at the baseline of the course, a node over 15 mm or an extranodal lesion over 10 mm longest diameter.
-- Grown (single-lesion progression): longest diameter over 15 mm, PPD at least 1.5 times its nadir, and a diameter grown
-- from nadir by at least 5 mm (lesions up to 20 mm at nadir) or 10 mm (larger ones).
-- Regrown: visible again after it had gone (0 mm) in this course.
with measured as (
    select
        scan.usubjid,
        scan.course_id,
        scan.record_id,
        scan.scan_no,
        scan.is_baseline,
        lesion.lesion_code,
        lesion.lesion_kind,
        lesion.ldi_mm,
        lesion.sdi_mm,
        lesion.ppd_mm2,
        min(lesion.ppd_mm2) over (
            partition by scan.course_id, lesion.lesion_code
            order by scan.scan_no rows between unbounded preceding and 1 preceding
        ) as lowest_ppd_mm2
    from {{ ref('course_scan') }} as scan
    inner join {{ ref('lesion_size') }} as lesion on scan.record_id = lesion.record_id
),

numbered as (
    select
        *,
        sum(case when lowest_ppd_mm2 is null or ppd_mm2 < lowest_ppd_mm2 then 1 else 0 end) over (
            partition by course_id, lesion_code
            order by scan_no rows between unbounded preceding and current row
        ) as nadir_no
    from measured
),

running as (
    select
        *,
        first_value(ldi_mm) over (partition by course_id, lesion_code, nadir_no order by scan_no) as running_ldi_mm,
        first_value(sdi_mm) over (partition by course_id, lesion_code, nadir_no order by scan_no) as running_sdi_mm
    from numbered
),

compared as (
    select
        *,
        lag(running_ldi_mm) over (partition by course_id, lesion_code order by scan_no) as nadir_ldi_mm,
        lag(running_sdi_mm) over (partition by course_id, lesion_code order by scan_no) as nadir_sdi_mm,
        max(case
            when not is_baseline then 0
            when lesion_kind = 'nodal' and ldi_mm > {{ lugano('node_ldi_mm') }} then 1
            when lesion_kind = 'extranodal' and ldi_mm > {{ lugano('extranodal_ldi_mm') }} then 1
            else 0
        end) over (partition by course_id, lesion_code) = 1 as is_target
    from running
)

select
    usubjid,
    course_id,
    record_id,
    lesion_code,
    lesion_kind,
    is_baseline,
    is_target,
    ldi_mm,
    sdi_mm,
    ppd_mm2,
    nadir_ldi_mm,
    nadir_sdi_mm,
    lowest_ppd_mm2 as nadir_ppd_mm2,
    coalesce(
        ldi_mm > {{ lugano('node_ldi_mm') }}
        and ppd_mm2 >= {{ lugano('growth_ratio') }} * lowest_ppd_mm2
        and greatest(ldi_mm - nadir_ldi_mm, sdi_mm - nadir_sdi_mm) >= case
            when nadir_ldi_mm <= {{ lugano('small_lesion_ldi_mm') }} then {{ lugano('small_growth_mm') }}
            else {{ lugano('large_growth_mm') }}
        end,
        false
    ) as is_grown,
    coalesce(ldi_mm > 0 and nadir_ldi_mm = 0, false) as is_regrown
from compared
