-- Who is followed: included patients with their time zero, its course, and the first new anti-lymphoma therapy after it.
-- What starts on the day of time zero belongs to the same combination.
with next_therapy as (
    select
        study_group.usubjid,
        therapy.start_date,
        therapy.adtf,
        therapy.kind,
        therapy.record_id,
        row_number() over (partition by study_group.usubjid order by therapy.start_date, therapy.record_id) as therapy_no
    from {{ ref('study_group') }} as study_group
    inner join {{ ref('therapy') }} as therapy
        on study_group.usubjid = therapy.usubjid and therapy.start_date > study_group.time_zero_date
)

select
    study_group.usubjid,
    study_group.group_code,
    study_group.stratum_code,
    study_group.course_id,
    study_group.time_zero_date,
    study_group.srcdom,
    study_group.srcvar,
    study_group.record_id,
    next_therapy.start_date as new_therapy_date,
    next_therapy.adtf as new_therapy_adtf,
    next_therapy.kind as new_therapy_kind,
    next_therapy.record_id as new_therapy_record_id
from {{ ref('study_group') }} as study_group
inner join {{ ref('screening') }} as screening on study_group.usubjid = screening.usubjid and screening.is_included
left join next_therapy on study_group.usubjid = next_therapy.usubjid and next_therapy.therapy_no = 1
where study_group.time_zero_date is not null
