-- Metabolic response by Lugano of every PET/CT after the anchor of a course: one row a course and study (CR = complete metabolic, ...).
-- New focus due to lymphoma, or new or recurrent marrow involvement: PD, whatever the score.
-- Deauville 1-3: CR; with marrow disease that stays (unchanged or reduced) PR.
-- Deauville 4-5: by the change of uptake: decreased PR, unchanged SD, increased PD. Change: the reader's; where it is
-- empty, SUVmax against that of the last evaluable PET within 42 days before or on the anchor (lower, equal, higher).
-- NE: not evaluable, no score, score X alone (new uptake unlikely to be lymphoma), or 4-5 without any known change.
with baseline_ranked as (
    select
        course.course_id,
        study.suv_max,
        row_number() over (
            partition by course.course_id
            order by study.performed_date desc, study.performed_at desc nulls last, study.report_no desc
        ) as recency
    from {{ ref('course') }} as course
    inner join {{ ref('imaging_study') }} as study
        on course.usubjid = study.usubjid
        and study.performed_date <= course.anchor_date
        and study.performed_date >= {{ add_days('course.anchor_date', '-' ~ lugano('baseline_days')) }}
    where study.scan_kind = 'PET' and study.is_evaluable
),

judged as (
    select
        scan.usubjid,
        scan.course_id,
        scan.record_id,
        scan.report_no,
        scan.performed_date,
        case
            when not scan.is_evaluable then 'not_evaluable'
            when new_lesion.has_pet_new_lesion then 'new_lesion'
            when study.marrow_code = 'new' then 'marrow_new'
            when study.deauville_code in ('1', '2', '3') then
                case when study.marrow_code in ('unchanged', 'reduced') then 'low_score_marrow' else 'low_score' end
            when study.deauville_code in ('4', '5') then coalesce('uptake_' || study.uptake_change_code, case
                when study.suv_max < baseline.suv_max then 'uptake_decreased'
                when study.suv_max = baseline.suv_max then 'uptake_unchanged'
                when study.suv_max > baseline.suv_max then 'uptake_increased'
                else 'change_unknown'
            end)
            else 'no_score'
        end as pet_rule
    from {{ ref('course_scan') }} as scan
    inner join {{ ref('imaging_study') }} as study on scan.record_id = study.record_id
    left join {{ ref('new_lesion') }} as new_lesion on scan.record_id = new_lesion.record_id
    left join baseline_ranked as baseline on scan.course_id = baseline.course_id and baseline.recency = 1
    where scan.scan_kind = 'PET' and not scan.is_baseline
)

select
    *,
    case
        when pet_rule in ('new_lesion', 'marrow_new', 'uptake_increased') then 'PD'
        when pet_rule = 'low_score' then 'CR'
        when pet_rule in ('low_score_marrow', 'uptake_decreased') then 'PR'
        when pet_rule = 'uptake_unchanged' then 'SD'
        else 'NE'
    end as pet_response
from judged
