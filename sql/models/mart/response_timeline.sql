-- One row an assessment of an included patient after time zero, in order of time.
select
    assessment.usubjid,
    followed.group_code,
    followed.stratum_code,
    assessment.assessment_no,
    assessment.assessment_date,
    cast({{ days_between('followed.time_zero_date', 'assessment.assessment_date') }} as integer) as days_since_time_zero,
    assessment.avalc as response_code,
    assessment.assessment_kind_code,
    assessment.is_counted,
    assessment.record_id
from {{ ref('followup_assessment') }} as assessment
inner join {{ ref('followed') }} as followed on assessment.usubjid = followed.usubjid
