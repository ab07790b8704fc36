-- Days on which a corticosteroid was given for CRS or ICANS in the window of each CAR-T course: one row a course and day.
select
    course.usubjid,
    course.course_id,
    {{ impute_first('dose.start_date') }} as dose_date,
    cast({{ days_between('course.infused_date', impute_first('dose.start_date')) }} as integer) as days_since_infusion,
    min(dose.record_id) as record_id
from {{ ref('cart_window') }} as course
inner join {{ ref('stg_ehr__drug_administration') }} as dose
    on course.usubjid = dose.usubjid
    and {{ impute_first('dose.start_date') }} between course.infused_date and course.last_date
inner join {{ ref('drug_class') }} as drug on dose.drug_code = drug.drug_code
where drug.class_code = 'steroid'
    and dose.administration_status = 'given'
    and dose.indication_code = 'crs_icans'
group by course.usubjid, course.course_id, course.infused_date, {{ impute_first('dose.start_date') }}
