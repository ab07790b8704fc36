-- The days with imaging that matter to a course: every one after its anchor day, and its CT baseline.
-- CT baseline: the last evaluable day within 42 days before or on the anchor that measures disease on CT. Earlier such days at most
-- 14 days before it belong to it (body regions are not always scanned on one day), unless a therapy started in between.
-- link_no: how often lesions had been told to merge or split by then (facts.lesion_group); 0 mostly.
with placed as (
    select
        course.course_id,
        course.anchor_date,
        day.*,
        day.performed_date <= course.anchor_date as is_before
    from {{ ref('course') }} as course
    inner join {{ ref('imaging_day') }} as day
        on course.usubjid = day.usubjid
        and day.performed_date >= {{ add_days('course.anchor_date', '-' ~ lugano('baseline_days')) }}
),

baseline as (
    select course_id, max(performed_date) as baseline_date
    from placed
    where is_before and is_measured
    group by course_id
),

kept as (
    select placed.*
    from placed
    left join baseline on placed.course_id = baseline.course_id
    where not placed.is_before
        or (
            placed.is_measured
            and placed.performed_date >= {{ add_days('baseline.baseline_date', '-' ~ lugano('merge_days')) }}
            and (placed.performed_date = baseline.baseline_date or not exists (
                select 1
                from {{ ref('therapy') }} as therapy
                where therapy.usubjid = placed.usubjid
                    and therapy.latest_start_date > placed.performed_date
                    and therapy.start_date <= baseline.baseline_date
                    and therapy.start_date < placed.anchor_date
            ))
        )
),

linked as (
    select kept.course_id, kept.performed_date, max(lesion_group.link_no) as link_no
    from kept
    inner join {{ ref('lesion_group') }} as lesion_group
        on kept.usubjid = lesion_group.usubjid and lesion_group.linked_date <= kept.performed_date
    group by kept.course_id, kept.performed_date
)

select
    kept.usubjid,
    kept.course_id,
    kept.anchor_date,
    kept.performed_date,
    kept.is_before as is_baseline,
    kept.has_ct,
    kept.has_pet,
    kept.is_evaluable,
    kept.is_pet_evaluable,
    kept.marrow_code,
    kept.nontarget_code,
    kept.spleen_mm,
    kept.pet_marrow_code,
    kept.deauville_code,
    kept.uptake_change_code,
    kept.suv_max,
    kept.record_id,
    kept.pet_record_id,
    kept.pet_marrow_record_id,
    kept.marrow_record_id,
    kept.nontarget_record_id,
    kept.spleen_record_id,
    cast(coalesce(linked.link_no, 0) as integer) as link_no,
    cast(row_number() over (partition by kept.course_id order by kept.performed_date) as integer) as scan_no
from kept
left join linked on kept.course_id = linked.course_id and kept.performed_date = linked.performed_date
