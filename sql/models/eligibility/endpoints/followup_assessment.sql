-- Assessments after time zero up to the data cut: response time points and clinical progressions, in their order (on one day
-- imaging first). is_counted: within the rating window, up to and including the first PD and the day of new therapy.
with assessed as (
    select
        followed.usubjid,
        response.response_date as assessment_date,
        response.avalc,
        response.is_adequate,
        cast(null as varchar) as adtf,
        'imaging' as assessment_kind_code,
        response.record_id
    from {{ ref('followed') }} as followed
    inner join {{ ref('timepoint_response') }} as response on followed.course_id = response.course_id
    union all
    select
        followed.usubjid,
        progression.progression_date,
        'PD',
        false,
        progression.adtf,
        'clinical',
        progression.record_id
    from {{ ref('followed') }} as followed
    inner join {{ ref('clinical_progression') }} as progression
        on followed.usubjid = progression.usubjid and progression.progression_date > followed.time_zero_date
),

numbered as (
    select
        assessed.*,
        row_number() over (
            partition by assessed.usubjid order by assessed.assessment_date, assessed.assessment_kind_code desc, assessed.record_id
        ) as assessment_no
    from assessed
    cross join {{ source('meta', 'build') }} as build
    where assessed.assessment_date <= build.data_cut_date
),

first_pd as (
    select usubjid, min(assessment_no) as assessment_no
    from numbered
    where avalc = 'PD'
    group by usubjid
)

select
    numbered.usubjid,
    cast(numbered.assessment_no as integer) as assessment_no,
    numbered.assessment_date,
    numbered.avalc,
    numbered.is_adequate,
    numbered.adtf,
    numbered.assessment_kind_code,
    numbered.record_id,
    (first_pd.assessment_no is null or numbered.assessment_no <= first_pd.assessment_no)
    and (followed.new_therapy_date is null or numbered.assessment_date <= followed.new_therapy_date) as is_counted
from numbered
inner join {{ ref('followed') }} as followed on numbered.usubjid = followed.usubjid
left join first_pd on numbered.usubjid = first_pd.usubjid
