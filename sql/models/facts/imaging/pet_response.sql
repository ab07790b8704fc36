-- Metabolic response by Lugano of every day with a PET/CT after the anchor of a course, all its PET reports together: one row a course
-- and day (CR = complete metabolic, ...).
-- New focus due to lymphoma, or new or recurrent marrow involvement: PD, whatever the score.
-- Deauville 1-3: CR; with marrow disease that stays (unchanged or reduced) PR.
-- Deauville 4-5: by the change of uptake: decreased PR, unchanged SD, increased PD. Change: the reader's; where it is
-- empty, SUVmax against that of the last evaluable PET with one within 42 days before or on the anchor, changed only when it
-- differs by more than 25 % (EORTC, Young 1999): within that, two measurements of one uptake differ by themselves.
-- NE: not evaluable, no score, score X alone (new uptake unlikely to be lymphoma), or 4-5 without any known change.
-- record_id: the report with the new focus, the marrow or the score that decided.
with baseline_ranked as (
    select
        course.course_id,
        day.suv_max,
        row_number() over (partition by course.course_id order by day.performed_date desc) as recency
    from {{ ref('course') }} as course
    inner join {{ ref('imaging_day') }} as day
        on course.usubjid = day.usubjid
        and day.performed_date <= course.anchor_date
        and day.performed_date >= {{ add_days('course.anchor_date', '-' ~ lugano('baseline_days')) }}
    where day.is_pet_evaluable and day.suv_max is not null
),

focus as (
    select usubjid, performed_date, record_id
    from {{ ref('new_lesion') }}
    where is_avid
),

judged as (
    select
        scan.usubjid,
        scan.course_id,
        scan.performed_date,
        case
            when not scan.is_pet_evaluable then 'not_evaluable'
            when focus.record_id is not null then 'new_lesion'
            when scan.pet_marrow_code = 'new' then 'marrow_new'
            when scan.deauville_code in ('1', '2', '3') then
                case when scan.pet_marrow_code in ('unchanged', 'reduced') then 'low_score_marrow' else 'low_score' end
            when scan.deauville_code in ('4', '5') then coalesce('uptake_' || scan.uptake_change_code, case
                when 100 * scan.suv_max < (100 - {{ lugano('suv_change_min_percent') }}) * baseline.suv_max
                    then 'suv_decreased'
                when 100 * scan.suv_max > (100 + {{ lugano('suv_change_min_percent') }}) * baseline.suv_max
                    then 'suv_increased'
                when baseline.suv_max is not null and scan.suv_max is not null then 'suv_unchanged'
                else 'change_unknown'
            end)
            else 'no_score'
        end as pet_rule,
        focus.record_id as focus_record_id,
        scan.pet_marrow_record_id,
        scan.pet_record_id
    from {{ ref('course_scan') }} as scan
    left join focus on scan.usubjid = focus.usubjid and scan.performed_date = focus.performed_date
    left join baseline_ranked as baseline on scan.course_id = baseline.course_id and baseline.recency = 1
    where scan.has_pet and not scan.is_baseline
)

select
    usubjid,
    course_id,
    performed_date,
    pet_rule,
    case
        when pet_rule in ('new_lesion', 'marrow_new', 'uptake_increased', 'suv_increased') then 'PD'
        when pet_rule = 'low_score' then 'CR'
        when pet_rule in ('low_score_marrow', 'uptake_decreased', 'suv_decreased') then 'PR'
        when pet_rule in ('uptake_unchanged', 'suv_unchanged') then 'SD'
        else 'NE'
    end as pet_response,
    case pet_rule when 'new_lesion' then focus_record_id when 'marrow_new' then pet_marrow_record_id else pet_record_id end as record_id
from judged
