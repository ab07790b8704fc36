-- What is known of the disease after each CAR-T infusion, one row a course, target antigen and assessment: response time points
-- and clinical progressions after the infusion, up to the first later antineoplastic therapy (a further infusion is one), that day
-- included.
-- A therapy of which only the month or the year is known does not close the window before the end of that month or year.
-- assessment_no orders by day; on one day imaging stands before the clinician's word.
with infusion as (
    select
        usubjid,
        course_id,
        target_antigen,
        infused_date,
        cast(row_number() over (partition by usubjid, target_antigen order by infused_date) as integer) as target_infusion_no
    from {{ ref('cart_course') }}
),

windowed as (
    select
        infusion.usubjid,
        infusion.course_id,
        infusion.target_antigen,
        infusion.target_infusion_no,
        infusion.infused_date,
        min(therapy.latest_start_date) as next_therapy_date,
        min(therapy.start_date) as next_therapy_known_date
    from infusion
    left join {{ ref('therapy') }} as therapy
        on infusion.usubjid = therapy.usubjid and therapy.start_date > infusion.infused_date
    group by infusion.usubjid, infusion.course_id, infusion.target_antigen, infusion.target_infusion_no, infusion.infused_date
),

assessed as (
    select
        usubjid,
        course_id,
        response_date as assessment_date,
        avalc,
        cast(null as string) as adtf,
        known_date,
        record_id,
        1 as source_order
    from {{ ref('timepoint_response') }}
    union all
    select
        progression.usubjid,
        course.course_id,
        progression.progression_date,
        'PD',
        progression.adtf,
        progression.earliest_date,
        progression.record_id,
        2
    from {{ ref('clinical_progression') }} as progression
    inner join (select distinct usubjid, course_id, infused_date from infusion) as course
        on progression.usubjid = course.usubjid and progression.progression_date > course.infused_date
)

select
    windowed.usubjid,
    windowed.course_id,
    windowed.target_antigen,
    windowed.target_infusion_no,
    windowed.infused_date,
    windowed.next_therapy_date,
    windowed.next_therapy_known_date,
    assessed.assessment_date,
    assessed.avalc,
    assessed.adtf,
    assessed.known_date,
    assessed.record_id,
    cast(row_number() over (
        partition by windowed.course_id, windowed.target_antigen
        order by assessed.assessment_date, assessed.source_order, assessed.record_id
    ) as integer) as assessment_no
from windowed
left join assessed
    on windowed.course_id = assessed.course_id
    and (windowed.next_therapy_date is null or assessed.assessment_date <= windowed.next_therapy_date)
cross join {{ source('meta', 'build') }} as build
where assessed.assessment_date is null or assessed.assessment_date <= build.data_cut_date
