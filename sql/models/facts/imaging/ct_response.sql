-- CT response by Lugano of every study after the anchor of a course (the CT part of a PET/CT included): one row a course and study.
-- Precedence PD > CR > PR > SD, and ct_rule says what decided.
-- NE: study not evaluable; no CT baseline; no progression and a target lesion of the baseline missing or unmeasured (a sum
-- with an unknown part is unknown), or the baseline has no target lesion.
-- CR: every target node at most 15 mm, no extranodal target visible, no organ open (facts.course_organ).
-- PR: sum of products (SPD) at or under half of baseline, spleen regressed where it was large.
with target as (
    select course_id, count(*) as lesion_count, sum(ppd_mm2) as spd_mm2
    from {{ ref('course_lesion') }}
    where is_baseline and is_target
    group by course_id
),

lesion as (
    select
        course_id,
        record_id,
        count(case when is_target then 1 end) as lesion_count,
        sum(case when is_target then ppd_mm2 end) as spd_mm2,
        max(case when is_grown then 1 else 0 end) = 1 as is_grown,
        max(case when is_regrown then 1 else 0 end) = 1 as is_regrown,
        max(case
            when not is_target then 0
            when lesion_kind = 'nodal' and ldi_mm > {{ lugano('node_ldi_mm') }} then 1
            when lesion_kind = 'extranodal' and ldi_mm > 0 then 1
            else 0
        end) = 1 as has_abnormal_target
    from {{ ref('course_lesion') }}
    where not is_baseline
    group by course_id, record_id
),

judged as (
    select
        scan.usubjid,
        scan.course_id,
        scan.record_id,
        scan.report_no,
        scan.performed_date,
        scan.scan_kind,
        target.spd_mm2 as baseline_spd_mm2,
        lesion.spd_mm2,
        case
            when not scan.is_evaluable then 'not_evaluable'
            when organ.record_id is null then 'no_baseline'
            when lesion.is_grown then 'lesion_grown'
            when lesion.is_regrown then 'lesion_regrown'
            when new_lesion.has_ct_new_lesion then 'new_lesion'
            when organ.is_spleen_progressed then 'spleen_progressed'
            when organ.is_nontarget_progressed then 'nontarget_progressed'
            when organ.is_marrow_new then 'marrow_new'
            when target.lesion_count is null then 'no_target'
            when coalesce(lesion.lesion_count, 0) < target.lesion_count then 'target_missing'
            when not (
                lesion.has_abnormal_target or organ.is_spleen_open or organ.is_marrow_open or organ.is_nontarget_open
            ) then 'targets_normal'
            when lesion.spd_mm2 <= {{ lugano('partial_spd_ratio') }} * target.spd_mm2 and organ.is_spleen_regressed
                then 'spd_halved'
            else 'spd_not_halved'
        end as ct_rule
    from {{ ref('course_scan') }} as scan
    left join {{ ref('course_organ') }} as organ
        on scan.course_id = organ.course_id and scan.record_id = organ.record_id
    left join {{ ref('new_lesion') }} as new_lesion on scan.record_id = new_lesion.record_id
    left join target on scan.course_id = target.course_id
    left join lesion on scan.course_id = lesion.course_id and scan.record_id = lesion.record_id
    where not scan.is_baseline
)

select
    *,
    case
        when ct_rule in (
            'lesion_grown', 'lesion_regrown', 'new_lesion', 'spleen_progressed', 'nontarget_progressed', 'marrow_new'
        ) then 'PD'
        when ct_rule = 'targets_normal' then 'CR'
        when ct_rule = 'spd_halved' then 'PR'
        when ct_rule = 'spd_not_halved' then 'SD'
        else 'NE'
    end as ct_response
from judged
