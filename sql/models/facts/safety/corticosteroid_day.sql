-- Days on which a corticosteroid was given for CRS or ICANS in the window of each CAR-T course: one row a course and day. A
-- dose of which the day is not known counts if it can lie in the window, and is not before the infusion then.
with dose as (
    select
        given.usubjid,
        given.record_id,
        {{ impute_first('given.start_date') }} as first_date,
        {{ impute_last('given.start_date') }} as last_date
    from {{ ref('stg_ehr__drug_administration') }} as given
    inner join {{ ref('drug_class') }} as drug on given.drug_code = drug.drug_code
    where drug.class_code = 'steroid'
        and given.administration_status = 'given'
        and given.indication_code = 'crs_icans'
),

placed as (
    select
        course.usubjid,
        course.course_id,
        course.infused_date,
        greatest(dose.first_date, course.infused_date) as dose_date,
        dose.record_id
    from {{ ref('cart_window') }} as course
    inner join dose
        on course.usubjid = dose.usubjid
        and dose.first_date <= course.last_date
        and dose.last_date >= course.infused_date
)

select
    usubjid,
    course_id,
    dose_date,
    cast({{ days_between('infused_date', 'dose_date') }} as integer) as days_since_infusion,
    min(record_id) as record_id
from placed
group by usubjid, course_id, infused_date, dose_date
