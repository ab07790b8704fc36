-- CT response by Lugano of every scan (the reports of one day) after the anchor of a course, the CT part of a PET/CT included.
-- Precedence PD > CR > PR > SD, and ct_rule says what decided.
-- NE: no report of the day evaluable; no CT baseline; no progression and a target lesion of the baseline missing or unmeasured
-- (absent from the reports is not gone; a sum with an unknown part is unknown), or the baseline has no target lesion.
-- CR: every target node at most 15 mm, no extranodal target visible, no organ open (facts.course_organ).
-- PR: sum of products (SPD) at or under half of baseline, spleen regressed where it was large.
-- spd_mm2 is empty when a target is missing. record_id: the report whose word decided, else the one that stands for the day.
with target as (
    select course_id, link_no, count(*) as lesion_count, cast(sum(ppd_mm2) as decimal(38, 4)) as spd_mm2
    from {{ ref('course_lesion') }}
    where is_baseline and is_target
    group by course_id, link_no
),

lesion as (
    select
        course_id,
        performed_date,
        count(case when is_target and is_complete then 1 end) as lesion_count,
        cast(sum(case when is_target and is_complete then ppd_mm2 end) as decimal(38, 4)) as spd_mm2,
        min(case when is_grown then record_id end) as grown_record_id,
        min(case when is_regrown then record_id end) as regrown_record_id,
        max(case
            when not is_target then 0
            when lesion_kind = 'nodal' and ldi_mm > {{ lugano('node_ldi_mm') }} then 1
            when coalesce(lesion_kind, 'extranodal') <> 'nodal' and ldi_mm > 0 then 1
            else 0
        end) = 1 as has_abnormal_target
    from {{ ref('course_lesion') }}
    where not is_baseline
    group by course_id, performed_date
),

new_disease as (
    select usubjid, performed_date, min(record_id) as record_id
    from {{ ref('new_lesion') }}
    group by usubjid, performed_date
),

judged as (
    select
        scan.usubjid,
        scan.course_id,
        scan.performed_date,
        target.lesion_count as target_count,
        target.spd_mm2 as baseline_spd_mm2,
        case when lesion.lesion_count = target.lesion_count then lesion.spd_mm2 end as spd_mm2,
        case
            when not scan.is_evaluable then 'not_evaluable'
            when organ.course_id is null then 'no_baseline'
            when lesion.grown_record_id is not null then 'lesion_grown'
            when lesion.regrown_record_id is not null then 'lesion_regrown'
            when new_disease.record_id is not null then 'new_lesion'
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
        end as ct_rule,
        lesion.grown_record_id,
        lesion.regrown_record_id,
        new_disease.record_id as new_record_id,
        scan.spleen_record_id,
        scan.nontarget_record_id,
        scan.marrow_record_id,
        scan.record_id as day_record_id
    from {{ ref('course_scan') }} as scan
    left join {{ ref('course_organ') }} as organ
        on scan.course_id = organ.course_id and scan.performed_date = organ.performed_date
    left join new_disease on scan.usubjid = new_disease.usubjid and scan.performed_date = new_disease.performed_date
    left join target on scan.course_id = target.course_id and scan.link_no = target.link_no
    left join lesion on scan.course_id = lesion.course_id and scan.performed_date = lesion.performed_date
    where not scan.is_baseline
)

select
    usubjid,
    course_id,
    performed_date,
    target_count,
    baseline_spd_mm2,
    spd_mm2,
    ct_rule,
    case
        when ct_rule in (
            'lesion_grown', 'lesion_regrown', 'new_lesion', 'spleen_progressed', 'nontarget_progressed', 'marrow_new'
        ) then 'PD'
        when ct_rule = 'targets_normal' then 'CR'
        when ct_rule = 'spd_halved' then 'PR'
        when ct_rule = 'spd_not_halved' then 'SD'
        else 'NE'
    end as ct_response,
    case ct_rule
        when 'lesion_grown' then grown_record_id
        when 'lesion_regrown' then regrown_record_id
        when 'new_lesion' then new_record_id
        when 'spleen_progressed' then spleen_record_id
        when 'nontarget_progressed' then nontarget_record_id
        when 'marrow_new' then marrow_record_id
        else day_record_id
    end as record_id
from judged
