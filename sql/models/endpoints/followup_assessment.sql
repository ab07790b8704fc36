-- Assessments after time zero: responses, and progressions recorded without imaging, in their order (on one day responses
-- first). The study says where responses come from: lesions, the investigator's ratings, or ratings where lesions are missing (no
-- evaluable time point from lesions within the days that make one time point). A study without responses has progressions only.
-- is_counted: within the rating window, up to and including the first PD and the day of new therapy.
with response as (
    select
        followed.usubjid,
        followed.time_zero_date,
        case fact.detail_code when 'rated' then 'rated' else 'imaging' end as assessment_kind_code,
        fact.fact_date,
        fact.adtf,
        fact.value_txt,
        fact.value_num = 1 as is_adequate,
        fact.srcdom,
        fact.srcvar,
        fact.record_id,
        declared.source_code
    from {{ ref('followed') }} as followed
    cross join {{ source('study', 'response') }} as declared
    inner join {{ ref('study_fact') }} as fact
        on followed.usubjid = fact.usubjid
        and fact.fact = 'response'
        and (
            fact.detail_code = 'imaging' and fact.course_id = followed.course_id and declared.source_code <> 'rated'
            or fact.detail_code = 'rated' and fact.fact_date > followed.time_zero_date and declared.source_code <> 'lesions'
        )
),

assessed as (
    select usubjid, fact_date as assessment_date, value_txt as avalc, is_adequate, adtf, assessment_kind_code, srcdom, srcvar, record_id
    from response
    where assessment_kind_code = 'imaging'
    union
    select rated.usubjid, rated.fact_date, rated.value_txt, rated.is_adequate, rated.adtf, 'rated', rated.srcdom, rated.srcvar,
        rated.record_id
    from response as rated
    left join response as scan
        on rated.usubjid = scan.usubjid
        and scan.assessment_kind_code = 'imaging'
        and scan.is_adequate
        and abs({{ days_between('rated.fact_date', 'scan.fact_date') }}) <= {{ lugano('merge_days') }}
    where rated.assessment_kind_code = 'rated' and scan.usubjid is null
    union
    select followed.usubjid, fact.fact_date, 'PD', false, fact.adtf, 'clinical', fact.srcdom, fact.srcvar, fact.record_id
    from {{ ref('followed') }} as followed
    inner join {{ ref('study_fact') }} as fact
        on followed.usubjid = fact.usubjid and fact.fact = 'clinical_pd' and fact.fact_date > followed.time_zero_date
),

numbered as (
    select
        assessed.*,
        row_number() over (
            partition by usubjid order by assessment_date, assessment_kind_code desc, record_id
        ) as assessment_no
    from assessed
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
    numbered.srcdom,
    numbered.srcvar,
    numbered.record_id,
    (first_pd.assessment_no is null or numbered.assessment_no <= first_pd.assessment_no)
    and (followed.new_therapy_date is null or numbered.assessment_date <= followed.new_therapy_date) as is_counted
from numbered
inner join {{ ref('followed') }} as followed on numbered.usubjid = followed.usubjid
left join first_pd on numbered.usubjid = first_pd.usubjid
