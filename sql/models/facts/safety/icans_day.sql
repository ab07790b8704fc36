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
with other_cause as (
    select distinct score.record_id
    from {{ ref('stg_ehr__ice_score') }} as score
    inner join {{ ref('stg_ehr__neuro_finding') }} as finding
        on score.usubjid = finding.usubjid
        and score.assessed_date = finding.assessed_date
        and (not score.is_arousable or score.assessed_at = finding.assessed_at)
    inner join {{ ref('icans_finding') }} as counted on finding.finding_code = counted.finding_code
    where counted.is_consciousness and not finding.is_attributed
    union
    select record_id
    from {{ ref('stg_ehr__ice_score') }}
    where has_other_cause
),

ice as (
    select
        done.usubjid,
        done.assessed_date as assess_date,
        done.record_id,
        {% for bound, missing in [('least', true), ('greatest', false)] -%}
        {% for item, points in [('orientation', 4), ('naming', 3), ('command', 1), ('writing', 1), ('attention', 1)] -%}
        coalesce(done.{{ item }}_points, {{ points if missing else 0 }}){{ ' + ' if not loop.last }}
        {%- endfor %} as points_for_{{ bound }},
        {% endfor -%}
        done.is_arousable,
        other_cause.record_id is not null as has_other_cause
    from {{ ref('stg_ehr__ice_score') }} as done
    left join other_cause on done.record_id = other_cause.record_id
),

evidence as (
    select
        usubjid,
        assess_date,
        record_id,
        'ice' as evidence_code,
        {% for bound in ['least', 'greatest'] -%}
        case
            {% if bound == 'least' %}when has_other_cause then 0
            {% else %}when is_arousable is null and points_for_greatest = 0 then 4
            {% endif %}when not is_arousable then 4
            when points_for_{{ bound }} = 10 then 0
            when points_for_{{ bound }} >= 7 then 1
            when points_for_{{ bound }} >= 3 then 2
            else 3
        end as {{ bound }}_grade{{ ',' if not loop.last }}
        {% endfor %}
    from ice
    union all
    select finding.usubjid, finding.assessed_date, finding.record_id, 'finding', counted.grade, counted.grade
    from {{ ref('stg_ehr__neuro_finding') }} as finding
    inner join {{ ref('icans_finding') }} as counted on finding.finding_code = counted.finding_code
    where coalesce(finding.is_attributed, true)
    union all
    select usubjid, assessed_date, record_id, 'finding', 0, 4
    from {{ ref('stg_ehr__neuro_finding') }}
    where finding_code is null and coalesce(is_attributed, true)
),

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
