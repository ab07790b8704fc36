-- Grade of cytokine release syndrome by day (ASTCT 2019): one row a CAR-T course and day with the syndrome.
-- An episode is a run of signs without 48 h free of any; it begins with its first fever. From then on a day counts if it has
-- fever, or, once an antipyretic, tocilizumab or a steroid has been given, hypotension or hypoxia without fever. The grade is
-- the worst of the day's signs. A treatment of which the day is not known was given if it can have been, and not before the onset. Grade 5 is not derived: that a death is due to the syndrome is a clinician's judgement.
with spaced as (
    select
        sign.*,
        max(to_at) over (
            partition by course_id order by from_at, record_id, sign_code, grade
            rows between unbounded preceding and 1 preceding
        ) as last_sign_at
    from {{ ref('crs_sign') }} as sign
),

numbered as (
    select
        spaced.*,
        sum(case when last_sign_at is null or from_at >= last_sign_at + interval 48 hour then 1 else 0 end) over (
            partition by course_id order by from_at, record_id, sign_code, grade
            rows between unbounded preceding and current row
        ) as run_no
    from spaced
),

onset as (
    select usubjid, course_id, run_no, min(from_date) as onset_date
    from numbered
    where sign_code = 'fever'
    group by usubjid, course_id, run_no
),

treatment as (
    select
        dose.usubjid,
        {{ impute_first('dose.start_date') }} as first_date,
        {{ impute_last('dose.start_date') }} as last_date
    from {{ ref('stg_ehr__drug_administration') }} as dose
    inner join {{ ref('drug_class') }} as drug on dose.drug_code = drug.drug_code
    where (drug.class_code = 'steroid' or dose.drug_code in ('acetaminophen', 'tocilizumab'))
        and dose.administration_status = 'given'
),

treated as (
    select onset.course_id, onset.run_no, min(greatest(treatment.first_date, onset.onset_date)) as treated_date
    from onset
    inner join treatment
        on onset.usubjid = treatment.usubjid
        and treatment.last_date >= onset.onset_date
        and treatment.first_date <= {{ add_days('onset.onset_date', 30) }}
    group by onset.course_id, onset.run_no
),

day_sign as (
    select
        numbered.usubjid,
        numbered.course_id,
        numbered.run_no,
        {{ add_days('numbered.from_date', 'day_no.n') }} as assess_date,
        numbered.sign_code,
        numbered.grade,
        numbered.record_id
    from numbered
    inner join ({% for n in range(31) %}select {{ n }} as n{{ ' union all ' if not loop.last }}{% endfor %}) as day_no
        on day_no.n <= {{ days_between('numbered.from_date', 'numbered.to_date') }}
),

day as (
    select
        day_sign.usubjid,
        day_sign.course_id,
        day_sign.assess_date,
        max(case when day_sign.sign_code = 'fever' then 1 else 0 end) = 1 as has_fever,
        max(case when day_sign.sign_code = 'hypotension' then day_sign.grade else 1 end) as hypotension_grade,
        max(case when day_sign.sign_code = 'hypoxia' then day_sign.grade else 1 end) as hypoxia_grade,
        max(case when treated.treated_date <= day_sign.assess_date then 1 else 0 end) = 1 as is_treated,
        min(day_sign.record_id) as record_id
    from day_sign
    inner join onset
        on day_sign.course_id = onset.course_id
        and day_sign.run_no = onset.run_no
        and day_sign.assess_date >= onset.onset_date
    left join treated on day_sign.course_id = treated.course_id and day_sign.run_no = treated.run_no
    group by day_sign.usubjid, day_sign.course_id, day_sign.assess_date
)

select
    day.usubjid,
    day.course_id,
    day.assess_date,
    cast({{ days_between('course.infused_date', 'day.assess_date') }} as integer) as days_since_infusion,
    day.has_fever,
    cast(day.hypotension_grade as integer) as hypotension_grade,
    cast(day.hypoxia_grade as integer) as hypoxia_grade,
    cast(greatest(day.hypotension_grade, day.hypoxia_grade) as integer) as grade,
    day.record_id
from day
inner join {{ ref('cart_window') }} as course on day.course_id = course.course_id
where day.has_fever or day.is_treated
