{{ config(contract={'enforced': true}) }}
-- What decided cells, cytokine syndrome, neurotoxicity and laboratory toxicity. row_key: the course of cells (the parameter
-- for a laboratory toxicity). A syndrome nobody recorded or that no sign shows stands as a row without a record.
with {{ icans_evidence() }},

recorded as (
    select window_of.usubjid, window_of.course_id, toxicity.term_code, event.toxicity_grade, event.record_id, toxicity.recorded_grade
    from {{ ref('cart_window') }} as window_of
    inner join {{ ref('recorded_toxicity') }} as toxicity on window_of.course_id = toxicity.course_id
    inner join {{ ref('stg_ehr__adverse_event') }} as event
        on window_of.usubjid = event.usubjid
        and (toxicity.term_code = event.term_code or event.term_code is null and toxicity.recorded_grade is null)
        and {{ impute_first('event.onset_date') }} <= window_of.last_date
        and {{ impute_last('event.onset_date') }} >= window_of.infused_date
        and coalesce(event.attribution_code, 'unknown') in ('cart', 'unknown')
),

crs_worst as (
    select
        day.usubjid,
        day.course_id,
        day.assess_date,
        day.grade,
        row_number() over (partition by day.course_id order by day.grade desc, day.assess_date) as worst_no,
        row_number() over (partition by day.course_id order by day.assess_date) as first_no
    from {{ ref('crs_day') }} as day
),

icans_worst as (
    select
        day.usubjid,
        day.course_id,
        day.assess_date,
        day.least_grade,
        max(day.least_grade) over (partition by day.course_id) as worst_grade,
        row_number() over (partition by day.course_id order by day.least_grade desc, day.assess_date) as worst_no,
        row_number() over (
            partition by day.course_id order by case when day.least_grade >= 1 then 0 else 1 end, day.assess_date
        ) as first_no
    from {{ ref('icans_day') }} as day
),

sample as (
    select
        cells.usubjid,
        cells.course_id,
        cells.target_antigen,
        cells.days_since_infusion,
        cells.record_id,
        cells.cells_10e6_per_l = kinetics.peak_10e6_per_l and cells.days_since_infusion = coalesce(kinetics.tmax_days, cells.days_since_infusion)
            as is_peak,
        cells.is_detectable and cells.days_since_infusion = kinetics.persistence_days as is_last
    from {{ ref('cart_count') }} as cells
    inner join {{ ref('cell_kinetics') }} as kinetics
        on cells.course_id = kinetics.course_id and cells.target_antigen = kinetics.target_antigen
    where cells.days_since_infusion > 0
),

graded as (
    select
        followed.usubjid,
        term.paramcd,
        grade.grade,
        grade.days_since_infusion,
        grade.record_id,
        coalesce(grade.seq = baseline.seq, false) as is_baseline
    from {{ ref('followed') }} as followed
    inner join {{ ref('lab_grade') }} as grade on followed.course_id = grade.course_id
    inner join {{ ref('ctcae_term') }} as term on grade.lbtestcd = term.lbtestcd and grade.direction = term.direction
    left join {{ ref('lab_baseline') }} as baseline
        on grade.course_id = baseline.course_id and grade.lbtestcd = baseline.lbtestcd
),

worst as (
    {% for period, condition in [
        ('btoxgr', 'is_baseline'),
        ('atoxgr30', 'not is_baseline and days_since_infusion <= 30'),
        ('atoxgr90', 'not is_baseline'),
    ] %}
    select
        usubjid,
        '{{ period }}' as period,
        paramcd,
        record_id,
        row_number() over (
            partition by usubjid, paramcd order by grade desc nulls last, days_since_infusion, record_id
        ) as choice
    from graded
    where {{ condition }} and grade is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

found as (
    select usubjid, term_code || '_recorded' as concept, course_id as row_key, record_id, 'recorded' as role
    from recorded
    where toxicity_grade = recorded_grade or recorded_grade is null
    union
    select watched.usubjid, term.term_code || '_recorded', watched.course_id, watched.record_id, 'watched, none recorded'
    from {{ ref('watched_course') }} as watched
    cross join (select 'crs' as term_code union all select 'icans' as term_code) as term
    left join {{ ref('recorded_toxicity') }} as toxicity
        on watched.course_id = toxicity.course_id and term.term_code = toxicity.term_code
    where toxicity.course_id is null
    union
    select worst_day.usubjid, 'crs_derived', worst_day.course_id, sign.record_id, sign.sign_code
    from crs_worst as worst_day
    inner join {{ ref('crs_sign') }} as sign
        on worst_day.course_id = sign.course_id
        and worst_day.assess_date between sign.from_date and sign.to_date
        and sign.grade = worst_day.grade
    where worst_day.worst_no = 1
    union
    -- where no sign counted: the temperatures that were looked at, signs that came without a fever, and what could not be read
    select looked_at.usubjid, 'crs_derived', looked_at.course_id, looked_at.record_id, looked_at.role
    from (
        select course.usubjid, course.course_id, vital.record_id, 'temperature' as role
        from {{ ref('cart_window') }} as course
        inner join {{ ref('stg_ehr__vital_sign') }} as vital
            on course.usubjid = vital.usubjid and vital.measured_date between course.infused_date and course.last_date
        where vital.temperature_cel is not null
        union all
        select usubjid, course_id, record_id, sign_code || ' without fever'
        from {{ ref('crs_sign') }}
        union all
        select usubjid, course_id, record_id, sign_code || ' not read'
        from {{ ref('crs_unread') }}
    ) as looked_at
    left join crs_worst as with_syndrome on looked_at.course_id = with_syndrome.course_id
    where with_syndrome.course_id is null
    union
    select first_day.usubjid, 'crs_onset', first_day.course_id, sign.record_id, sign.sign_code
    from crs_worst as first_day
    inner join {{ ref('crs_sign') }} as sign
        on first_day.course_id = sign.course_id
        and first_day.assess_date between sign.from_date and sign.to_date
        and sign.sign_code = 'fever'
    where first_day.first_no = 1
    union
    select day.usubjid, 'icans_derived', day.course_id, evidence.record_id, evidence.evidence_code
    from icans_worst as day
    inner join evidence
        on day.usubjid = evidence.usubjid
        and day.assess_date = evidence.assess_date
        and day.worst_grade = evidence.least_grade
    where day.worst_no = 1 or day.worst_grade = 0  -- of no neurotoxicity every day
    union
    select first_day.usubjid, 'icans_onset', first_day.course_id, evidence.record_id, evidence.evidence_code
    from icans_worst as first_day
    inner join evidence
        on first_day.usubjid = evidence.usubjid
        and first_day.assess_date = evidence.assess_date
        and evidence.least_grade >= 1
    where first_day.first_no = 1
    union
    select usubjid, concept.concept, course_id || ':' || target_antigen, record_id, 'sample'
    from sample
    inner join (
        select 'cart_peak' as concept, 'peak' as kind
        union all
        select 'cart_persistence', 'last'
        union all
        select 'cart_auc', 'area'
    ) as concept
        on concept.kind = 'peak' and sample.is_peak
        or concept.kind = 'last' and sample.is_last
        or concept.kind = 'area' and sample.days_since_infusion <= 28
    union
    select usubjid, 'laboratory.' || period, paramcd, record_id, 'first of the worst grade'
    from worst
    where choice = 1
),

expected as (
    {% for concept, note in [
        ('crs_recorded', 'no CRS on record in the window of the infusion'),
        ('icans_recorded', 'no ICANS on record in the window of the infusion'),
        ('crs_derived', 'no temperature in the window of the infusion'),
        ('icans_derived', 'no ICE score or finding in the window of the infusion'),
    ] %}
    select usubjid, '{{ concept }}' as concept, course_id as row_key, '{{ note }}' as note
    from {{ ref('cart_window') }}
    union all
    {% endfor %}
    select usubjid, 'cart_peak', course_id || ':' || target_antigen, 'no sample of the cells after the infusion'
    from {{ ref('cart_course') }}
)

select usubjid, concept, row_key, record_id, cast(null as string) as part, role, cast(null as string) as note
from found
union
select expected.usubjid, expected.concept, expected.row_key, null, null, 'not found', expected.note
from expected
left join found
    on expected.usubjid = found.usubjid and expected.concept = found.concept and expected.row_key = found.row_key
where found.usubjid is null
