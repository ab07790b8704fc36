-- One lesion (or group of lesions that merged or split) on one scan of one course, against its own past in that course: the baseline
-- and the earlier days, never another report of its own day.
-- Nadir: the smallest product of diameters (PPD) before this scan, known whole; its diameters are those of that scan (the first of equals).
-- Target: measured at the baseline of the course, a node over 15 mm or an extranodal lesion over 10 mm longest diameter.
-- What a lesion is, nodal or extranodal, is what it was called first; where nobody says, it is abnormal over 15 mm.
-- Grown (single-lesion progression): longest diameter over 15 mm, PPD at least 1.5 times its nadir, and a diameter grown
-- from nadir by at least 5 mm (lesions up to 20 mm at nadir) or 10 mm (larger ones).
-- Regrown: gone (0 mm) in this course and abnormal again, a node over 15 mm or an extranodal lesion over 10 mm.
-- A row of the baseline stands for every state of the links that a later scan of the course is judged by.
with measured as (
    select
        measure.*,
        min(case when measure.is_complete then measure.ppd_mm2 end) over (
            partition by measure.course_id, measure.link_no, measure.lesion_code
            order by measure.performed_date rows between unbounded preceding and 1 preceding
        ) as lowest_ppd_mm2,
        coalesce(first_value(measure.lesion_kind) over (
            partition by measure.course_id, measure.link_no, measure.lesion_code order by measure.performed_date
        ), measure.lesion_kind) as first_kind
    from {{ ref('course_measure') }} as measure
),

numbered as (
    select
        *,
        sum(case when is_complete and (lowest_ppd_mm2 is null or ppd_mm2 < lowest_ppd_mm2) then 1 else 0 end) over (
            partition by course_id, link_no, lesion_code
            order by performed_date rows between unbounded preceding and current row
        ) as nadir_no
    from measured
),

running as (
    select
        *,
        first_value(ldi_mm) over (
            partition by course_id, link_no, lesion_code, nadir_no order by performed_date
        ) as running_ldi_mm,
        first_value(sdi_mm) over (
            partition by course_id, link_no, lesion_code, nadir_no order by performed_date
        ) as running_sdi_mm,
        case first_kind
            when 'extranodal' then ldi_mm > {{ lugano('extranodal_ldi_mm') }}
            else ldi_mm > {{ lugano('node_ldi_mm') }}
        end as is_abnormal
    from numbered
),

compared as (
    select
        *,
        case when lowest_ppd_mm2 is not null then
            lag(running_ldi_mm) over (partition by course_id, link_no, lesion_code order by performed_date)
        end as nadir_ldi_mm,
        case when lowest_ppd_mm2 is not null then
            lag(running_sdi_mm) over (partition by course_id, link_no, lesion_code order by performed_date)
        end as nadir_sdi_mm,
        max(case when is_baseline and is_abnormal then 1 else 0 end) over (
            partition by course_id, link_no, lesion_code
        ) = 1 as is_target
    from running
)

select
    compared.usubjid,
    compared.course_id,
    compared.link_no,
    compared.performed_date,
    compared.lesion_code,
    compared.first_kind as lesion_kind,
    compared.is_baseline,
    compared.is_target,
    compared.is_complete,
    compared.ldi_mm,
    compared.sdi_mm,
    compared.ppd_mm2,
    compared.nadir_ldi_mm,
    compared.nadir_sdi_mm,
    compared.lowest_ppd_mm2 as nadir_ppd_mm2,
    coalesce(
        compared.ldi_mm > {{ lugano('node_ldi_mm') }}
        and compared.ppd_mm2 >= {{ lugano('growth_ratio') }} * compared.lowest_ppd_mm2
        and greatest(compared.ldi_mm - compared.nadir_ldi_mm, compared.sdi_mm - compared.nadir_sdi_mm) >= case
            when compared.nadir_ldi_mm <= {{ lugano('small_lesion_ldi_mm') }} then {{ lugano('small_growth_mm') }}
            else {{ lugano('large_growth_mm') }}
        end,
        false
    ) as is_grown,
    coalesce(compared.is_abnormal and compared.nadir_ldi_mm = 0, false) as is_regrown,
    compared.record_id
from compared
inner join {{ ref('course_scan') }} as scan
    on compared.course_id = scan.course_id and compared.performed_date = scan.performed_date
where compared.is_baseline or compared.link_no = scan.link_no
