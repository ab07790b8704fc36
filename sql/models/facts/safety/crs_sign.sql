-- Signs of cytokine release syndrome in the window of each CAR-T course, with the grade each alone gives (ASTCT 2019,
-- Lee et al., doi 10.1016/j.bbmt.2018.12.758): fever 1; hypotension 2, on a vasopressor 3, on two at once 4; oxygen
-- low-flow 2, high-flow 3, positive pressure 4. Fever put down to another cause is no sign. Vasopressin alone counts as one
-- vasopressor, beside another it does not count. A nasal cannula without a flow counts as low-flow, the least it can be.
with sign as (
    {% for sign_code, grade, condition in [
        ('fever', '1', 'temperature_cel >= 38.0 and not coalesce(has_other_fever_cause, false)'),
        ('hypotension', '2', 'is_hypotensive'),
        ('hypoxia', "case
            when oxygen_device_code in ('cpap', 'bipap', 'intubation') then 4
            when oxygen_device_code in ('high_flow', 'facemask', 'non_rebreather', 'venturi') then 3
            when oxygen_device_code = 'nasal_cannula' and oxygen_flow_l_per_min > 6 then 3
            else 2
        end", "oxygen_device_code <> 'none'"),
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
    from {{ ref('stg_ehr__vasopressor') }}
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
    from {{ ref('stg_ehr__vasopressor') }} as earlier
    inner join {{ ref('stg_ehr__vasopressor') }} as later
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
    coalesce(sign.to_at, cast({{ add_days('course.last_date', 1) }} as timestamp with time zone)) as to_at,
    greatest(sign.from_date, course.infused_date) as from_date,
    least(coalesce(sign.to_date, course.last_date), course.last_date) as to_date,
    sign.record_id
from {{ ref('cart_window') }} as course
inner join sign
    on course.usubjid = sign.usubjid
    and sign.from_date <= course.last_date
    and coalesce(sign.to_date, course.last_date) >= course.infused_date
