-- Grade of neurotoxicity (ICANS, ASTCT 2019, Lee et al., doi 10.1016/j.bbmt.2018.12.758) by day: one row a CAR-T course and
-- day with an ICE score or a finding that counts. The grade is the worst of ICE (10 none, 7-9 grade 1, 3-6 grade 2, 0-2
-- grade 3, not arousable grade 4) and of the findings (seed icans_finding; what is put down to another cause is left out).
-- Of a score put down to another cause (to sedation, say) the cells have anything from nothing to all: from grade 0 to the
-- grade of the score. So it is with one that could not wake the patient, or was taken at that very moment, where the day's
-- consciousness is put down to another cause.
-- Of a score of nothing without a word on waking, unarousable (grade 4) cannot be told from awake (grade 3).
-- A finding that the code list does not know can be anything from nothing to grade 4.
-- A missing ICE item can be worth anything from 0 to its maximum, a missing ICE score anything from 0 to 10: the grade is
-- known only when the least and the greatest it can be agree.
with {{ icans_evidence() }},

day as (
    select
        course.usubjid,
        course.course_id,
        evidence.assess_date,
        cast({{ days_between('course.infused_date', 'evidence.assess_date') }} as integer) as days_since_infusion,
        max(evidence.least_grade) as least_grade,
        greatest(
            max(evidence.greatest_grade),
            case when max(case when evidence.evidence_code = 'ice' then 1 else 0 end) = 0 then 3 else 0 end
        ) as greatest_grade,
        min(evidence.record_id) as record_id
    from {{ ref('cart_window') }} as course
    inner join evidence
        on course.usubjid = evidence.usubjid
        and evidence.assess_date between course.infused_date and course.last_date
    group by course.usubjid, course.course_id, course.infused_date, evidence.assess_date
)

select
    usubjid,
    course_id,
    assess_date,
    days_since_infusion,
    cast(least_grade as integer) as least_grade,
    cast(greatest_grade as integer) as greatest_grade,
    cast(case when least_grade = greatest_grade then least_grade end as integer) as grade,
    record_id
from day
