{{ config(contract={'enforced': true}) }}
-- Response by nominal visit, one row a followed patient and visit of the study. A visit takes one scan that counts: of those
-- within its window an evaluable one before one that is not, then the nearest to the nominal day, of equally near ones the
-- earlier. Without such a scan: ENDED when progression, new therapy or death came by the end of the window, ND (not done) when
-- the patient was followed to the end of it, empty when follow-up ends before: the visit was not due, or nobody knows.
with visit as (
    select
        followed.usubjid,
        followed.group_code,
        followed.stratum_code,
        followed.time_zero_date,
        visit.paramcd,
        visit.param,
        {{ add_days('followed.time_zero_date', 'visit.day') }} as nominal_date,
        {{ add_days('followed.time_zero_date', 'visit.day - visit.window_days') }} as from_date,
        {{ add_days('followed.time_zero_date', 'visit.day + visit.window_days') }} as to_date
    from {{ ref('followed') }} as followed
    cross join {{ source('study', 'visit') }} as visit
),

scan as (
    select
        visit.usubjid,
        visit.paramcd,
        assessment.avalc,
        assessment.assessment_date,
        assessment.srcdom,
        assessment.record_id,
        row_number() over (
            partition by visit.usubjid, visit.paramcd
            order by
                assessment.is_adequate desc,
                abs({{ days_between('visit.nominal_date', 'assessment.assessment_date') }}),
                assessment.assessment_no
        ) as choice
    from visit
    inner join {{ ref('followup_assessment') }} as assessment
        on visit.usubjid = assessment.usubjid and assessment.assessment_date between visit.from_date and visit.to_date
    where assessment.is_counted and assessment.assessment_kind_code <> 'clinical'
),

ending as (
    select
        usubjid,
        fact_date,
        srcdom,
        record_id,
        row_number() over (partition by usubjid order by fact_date, fact, record_id) as choice
    from {{ ref('endpoint_fact') }}
    where fact in ('imaging_pd', 'clinical_pd', 'new_therapy', 'death')
),

observed as (
    select usubjid, max(fact_date) as to_date
    from {{ ref('endpoint_fact') }}
    group by usubjid
)

select
    visit.usubjid,
    visit.paramcd,
    visit.param,
    case
        when scan.avalc is not null then scan.avalc
        when ending.fact_date <= visit.to_date then 'ENDED'
        when observed.to_date >= visit.to_date then 'ND'
    end as avalc,
    visit.nominal_date,
    scan.assessment_date as adt,
    cast({{ study_day('visit.time_zero_date', 'scan.assessment_date') }} as integer) as ady,
    visit.group_code,
    visit.stratum_code,
    case when scan.avalc is not null then scan.srcdom when ending.fact_date <= visit.to_date then ending.srcdom end as srcdom,
    case
        when scan.avalc is not null then scan.record_id
        when ending.fact_date <= visit.to_date then ending.record_id
    end as record_id
from visit
left join scan on visit.usubjid = scan.usubjid and visit.paramcd = scan.paramcd and scan.choice = 1
left join ending on visit.usubjid = ending.usubjid and ending.choice = 1
left join observed on visit.usubjid = observed.usubjid
