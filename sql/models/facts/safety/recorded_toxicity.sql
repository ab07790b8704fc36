-- CRS and ICANS as the clinician recorded them in the window of each CAR-T course: one row a course and term. What is put
-- down to a drug, the disease or something else is left out; a partly known onset counts if it can lie in the window, and is
-- not before the infusion then.
-- An event whose term no list knows may be either. Beside an event without a grade, or such an event of a higher grade, the worst
-- grade is not known, unless it is severe (3) already; of such events alone nothing is known.
with event as (
    select usubjid, term_code, true as is_named, toxicity_grade, onset_date, attribution_code, record_id
    from {{ ref('stg_ehr__adverse_event') }}
    where term_code in ('crs', 'icans')
    {%- for term in ['crs', 'icans'] %}
    union all
    select usubjid, '{{ term }}', false, toxicity_grade, onset_date, attribution_code, record_id
    from {{ ref('stg_ehr__adverse_event') }}
    where term_code is null
    {%- endfor %}
)

select
    course.usubjid,
    course.course_id,
    event.term_code,
    cast(case
        when max(case when event.is_named then event.toxicity_grade end) >= 3
            then max(case when event.is_named then event.toxicity_grade end)
        when count(event.toxicity_grade) = count(*)
            and max(event.toxicity_grade) = max(case when event.is_named then event.toxicity_grade end)
            then max(event.toxicity_grade)
    end as integer) as recorded_grade,
    min(greatest({{ impute_first('event.onset_date') }}, course.infused_date)) as onset_date,
    coalesce(min(case when event.is_named then event.record_id end), min(event.record_id)) as record_id
from {{ ref('cart_window') }} as course
inner join event
    on course.usubjid = event.usubjid
    and {{ impute_first('event.onset_date') }} <= course.last_date
    and {{ impute_last('event.onset_date') }} >= course.infused_date
where coalesce(event.attribution_code, 'unknown') in ('cart', 'unknown')
group by course.usubjid, course.course_id, event.term_code
