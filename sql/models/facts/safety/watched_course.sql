-- CAR-T courses of which anything was written down that toxicity could be seen in: a vital sign, an ICE score, a
-- neurological finding or an adverse event in the window; with the first record that shows it. Of a course nobody
-- documented, no recorded CRS means unknown.
with seen as (
    {% for model, day in [
        ('stg_ehr__vital_sign', 'measured_date'),
        ('stg_ehr__ice_score', 'assessed_date'),
        ('stg_ehr__neuro_finding', 'assessed_date'),
    ] %}
    select course.usubjid, course.course_id, seen.{{ day }} as seen_date, seen.record_id
    from {{ ref('cart_window') }} as course
    inner join {{ ref(model) }} as seen
        on course.usubjid = seen.usubjid and seen.{{ day }} between course.infused_date and course.last_date
    union all
    {% endfor %}
    select course.usubjid, course.course_id, greatest({{ impute_first('event.onset_date') }}, course.infused_date), event.record_id
    from {{ ref('cart_window') }} as course
    inner join {{ ref('stg_ehr__adverse_event') }} as event
        on course.usubjid = event.usubjid
        and {{ impute_first('event.onset_date') }} <= course.last_date
        and {{ impute_last('event.onset_date') }} >= course.infused_date
),

ranked as (
    select
        seen.*,
        row_number() over (partition by course_id order by seen_date, record_id) as place
    from seen
)

select usubjid, course_id, record_id
from ranked
where place = 1
