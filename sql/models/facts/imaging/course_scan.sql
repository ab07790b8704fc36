-- The studies that matter to a course: every one after its anchor day, and its CT baseline.
-- CT baseline: the last evaluable study within 42 days before or on the anchor that measures disease on CT: a CT or MRI,
-- or a PET/CT that reports target lesions. Studies of one day are ordered by time, then report number.
with placed as (
    select
        course.course_id,
        course.anchor_date,
        study.*,
        study.performed_date <= course.anchor_date as is_before
    from {{ ref('course') }} as course
    inner join {{ ref('imaging_study') }} as study
        on course.usubjid = study.usubjid
        and study.performed_date >= {{ add_days('course.anchor_date', '-' ~ lugano('baseline_days')) }}
),

measuring as (
    select distinct record_id from {{ ref('lesion_size') }}
),

ranked as (
    select
        placed.course_id,
        placed.record_id,
        row_number() over (
            partition by placed.course_id
            order by placed.performed_date desc, placed.performed_at desc nulls last, placed.report_no desc
        ) as recency
    from placed
    left join measuring on placed.record_id = measuring.record_id
    where placed.is_before
        and placed.is_evaluable
        and (placed.scan_kind = 'CT' or measuring.record_id is not null)
)

select
    placed.usubjid,
    placed.course_id,
    placed.anchor_date,
    placed.record_id,
    placed.report_no,
    placed.performed_date,
    placed.scan_kind,
    placed.is_evaluable,
    placed.marrow_code,
    placed.nontarget_code,
    placed.spleen_mm,
    placed.is_before as is_baseline,
    cast(row_number() over (
        partition by placed.course_id
        order by placed.performed_date, placed.performed_at nulls last, placed.report_no
    ) as integer) as scan_no
from placed
left join ranked
    on placed.course_id = ranked.course_id and placed.record_id = ranked.record_id and ranked.recency = 1
where not placed.is_before or ranked.recency = 1
