-- Signs of cytokine release syndrome in the window of each CAR-T course, with the grade each alone gives (ASTCT 2019,
-- Lee et al., doi 10.1016/j.bbmt.2018.12.758): fever 1; hypotension 2, on a vasopressor 3, on two at once 4; oxygen
-- low-flow 2, high-flow 3, positive pressure 4. What is put down to another cause is no sign. Vasopressin alone counts as
-- one vasopressor, beside another it does not count. A nasal cannula without a flow counts as low-flow, the least it can be.
-- Oxygen that the patient had before the infusion is no sign either: no more of it than the least since the last record
-- before the infusion (of at most 30 days before), that record included.
with oxygen as (
    select
        usubjid,
        measured_at,
        measured_date,
        oxygen_device_code,
        oxygen_flow_l_per_min,
        coalesce(has_other_hypoxia_cause, false) as has_other_cause,
        case
            when oxygen_device_code = 'none' then 0
            when oxygen_device_code in ('cpap', 'bipap', 'intubation') then 4
            when oxygen_device_code in ('high_flow', 'facemask', 'non_rebreather', 'venturi') then 3
            when oxygen_device_code = 'nasal_cannula' and oxygen_flow_l_per_min > 6 then 3
            else 2
        end as grade,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where oxygen_device_code is not null
),

-- from the last record before the infusion to the end of the window; how much support: by grade, then by flow
course_oxygen as (
    select
        course.usubjid,
        course.course_id,
        oxygen.measured_at,
        oxygen.measured_date,
        oxygen.measured_date >= course.infused_date as is_in_window,
        oxygen.has_other_cause,
        oxygen.grade,
        oxygen.grade * 1000 + coalesce(oxygen.oxygen_flow_l_per_min, 0) as support,
        case
            when oxygen.oxygen_device_code <> 'nasal_cannula' or oxygen.oxygen_flow_l_per_min is not null
                then oxygen.grade * 1000 + coalesce(oxygen.oxygen_flow_l_per_min, 0)
        end as known_support,
        oxygen.record_id,
        row_number() over (
            partition by course.course_id, oxygen.measured_date >= course.infused_date
            order by oxygen.measured_at desc nulls last, oxygen.record_id desc
        ) as recency
    from {{ ref('cart_window') }} as course
    inner join oxygen
        on course.usubjid = oxygen.usubjid
        and oxygen.measured_date between {{ add_days('course.infused_date', -30) }} and course.last_date
),

compared as (
    select
        course_oxygen.*,
        count(case when not is_in_window then 1 end) over (partition by course_id) as before_count,
        coalesce(min(known_support) over earlier, min(support) over earlier) as least_support
    from course_oxygen
    where is_in_window or recency = 1
    window earlier as (
        partition by course_id
        order by is_in_window, measured_at nulls last, record_id
        rows between unbounded preceding and 1 preceding
    )
),

pressor as (
    select *
    from {{ ref('stg_ehr__vasopressor') }}
    where not coalesce(has_other_cause, false)
),

sign as (
    {% for sign_code, grade, condition in [
        ('fever', '1', 'temperature_cel >= 38.0 and not coalesce(has_other_fever_cause, false)'),
        ('hypotension', '2', 'is_hypotensive and not coalesce(has_other_hypotension_cause, false)'),
    ] %}
    select
        usubjid,
        '{{ sign_code }}' as sign_code,
        {{ grade }} as grade,
        measured_at as from_at,
        measured_at as to_at,
        measured_date as from_date,
        measured_date as to_date,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where {{ condition }}
    union all
    {% endfor %}
    select usubjid, 'hypotension', 3, started_at, stopped_at, started_date, stopped_date, record_id
    from pressor
    union all
    -- two vasopressors running at the same time, until the first of them stops (least ignores a missing end)
    select
        later.usubjid,
        'hypotension',
        4,
        later.started_at,
        least(earlier.stopped_at, later.stopped_at),
        later.started_date,
        least(earlier.stopped_date, later.stopped_date),
        later.record_id
    from pressor as earlier
    inner join pressor as later
        on earlier.usubjid = later.usubjid
        and earlier.drug_code <> later.drug_code
        and earlier.started_at <= later.started_at
        and (earlier.stopped_at is null or earlier.stopped_at > later.started_at)
    where earlier.drug_code <> 'vasopressin'
        and later.drug_code <> 'vasopressin'
)

select
    course.usubjid,
    course.course_id,
    sign.sign_code,
    cast(sign.grade as integer) as grade,
    sign.from_at,
    coalesce(sign.to_at, cast({{ add_days('course.last_date', 1) }} as {{ instant_type() }})) as to_at,
    greatest(sign.from_date, course.infused_date) as from_date,
    least(coalesce(sign.to_date, course.last_date), course.last_date) as to_date,
    sign.record_id
from {{ ref('cart_window') }} as course
inner join sign
    on course.usubjid = sign.usubjid
    and sign.from_date <= course.last_date
    and coalesce(sign.to_date, course.last_date) >= course.infused_date
union all
select usubjid, course_id, 'hypoxia', cast(grade as integer), measured_at, measured_at, measured_date, measured_date, record_id
from compared
where is_in_window
    and grade > 0
    and not has_other_cause
    and (before_count = 0 or support > least_support)
