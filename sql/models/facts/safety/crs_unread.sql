-- What could be a sign of cytokine release syndrome and cannot be read: a temperature beyond all limits, oxygen by an unknown
-- device, a vasopressor nobody knows beside another. One row a CAR-T course and record, with the most it can be (ASTCT 2019).
-- What is put down to another cause is no sign, whatever it says.
with pressor as (
    select *
    from {{ ref('stg_ehr__vasopressor') }}
    where not coalesce(has_other_cause, false)
        and coalesce(drug_code, '') <> 'vasopressin'
),

unread as (
    select usubjid, measured_date as assess_date, 'fever' as sign_code, 1 as greatest_grade, record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where is_temperature_unread and not coalesce(has_other_fever_cause, false)
    union all
    select usubjid, measured_date, 'hypoxia', 4, record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where is_oxygen_unread and not coalesce(has_other_hypoxia_cause, false)
    union all
    select unknown.usubjid, greatest(unknown.started_date, other.started_date), 'hypotension', 4, unknown.record_id
    from pressor as unknown
    inner join pressor as other
        on unknown.usubjid = other.usubjid
        and unknown.record_id <> other.record_id
        and (unknown.stopped_at is null or unknown.stopped_at > other.started_at)
        and (other.stopped_at is null or other.stopped_at > unknown.started_at)
    where unknown.drug_code is null
)

select
    course.usubjid,
    course.course_id,
    unread.sign_code,
    unread.assess_date,
    cast(max(unread.greatest_grade) as integer) as greatest_grade,
    unread.record_id
from {{ ref('cart_window') }} as course
inner join unread
    on course.usubjid = unread.usubjid
    and unread.assess_date between course.infused_date and course.last_date
group by course.usubjid, course.course_id, unread.sign_code, unread.assess_date, unread.record_id
