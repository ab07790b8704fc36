-- Who is followed: included subjects with their time zero, its course, and the first new therapy of the disease after it.
-- What starts on the day of time zero belongs to the same combination. Domain and variable are those of the record that decided.
with next_therapy as (
    select
        study_group.usubjid,
        therapy.fact_date as start_date,
        therapy.adtf,
        therapy.detail_code as kind,
        therapy.srcdom,
        therapy.srcvar,
        therapy.record_id,
        row_number() over (partition by study_group.usubjid order by therapy.fact_date, therapy.record_id) as therapy_no
    from {{ ref('study_group') }} as study_group
    inner join {{ ref('study_fact') }} as therapy
        on study_group.usubjid = therapy.usubjid
        and therapy.fact = 'therapy_start'
        and therapy.fact_date > study_group.time_zero_date
),

source as (
    select usubjid, record_id, min(srcdom) as srcdom, min(srcvar) as srcvar
    from {{ ref('anchor_occurrence') }}
    group by usubjid, record_id
)

select
    study_group.usubjid,
    study_group.group_code,
    study_group.stratum_code,
    coalesce(study_group.course_id, study_group.usubjid || ':' || cast(study_group.time_zero_date as string)) as course_id,
    study_group.time_zero_date,
    source.srcdom,
    source.srcvar,
    study_group.record_id,
    next_therapy.start_date as new_therapy_date,
    next_therapy.adtf as new_therapy_adtf,
    next_therapy.kind as new_therapy_kind,
    next_therapy.srcdom as new_therapy_srcdom,
    next_therapy.srcvar as new_therapy_srcvar,
    next_therapy.record_id as new_therapy_record_id
from {{ ref('study_group') }} as study_group
inner join {{ ref('screening') }} as screening on study_group.usubjid = screening.usubjid and screening.is_included
left join source on study_group.usubjid = source.usubjid and study_group.record_id = source.record_id
left join next_therapy on study_group.usubjid = next_therapy.usubjid and next_therapy.therapy_no = 1
where study_group.time_zero_date is not null
