{{ config(contract={'enforced': true}) }}
-- What decided each course of CAR-T cells of a screened subject, by target (row_key: course, a colon, the target):
-- infusion, product, batch, lymphodepletion, steroids, best response and failure. A course that did not fail, or cannot be judged,
-- rests on every assessment of its window, or on there being none.
with course as (
    select
        cart.usubjid,
        cart.course_id,
        cart.target_antigen,
        cart.infused_date,
        cart.course_id || ':' || cart.target_antigen as row_key
    from {{ ref('cart_course') }} as cart
    inner join {{ ref('screened') }} as screened on cart.usubjid = screened.usubjid
),

judged as (
    select
        course.row_key, failure.usubjid, failure.course_id, failure.target_antigen, failure.best_response_code,
        failure.failure_type_code, failure.reason, failure.record_id
    from course
    inner join {{ ref('cart_course_failure') }} as failure
        on course.course_id = failure.course_id and course.target_antigen = failure.target_antigen
),

assessment as (
    select
        judged.usubjid,
        judged.row_key,
        assessment.course_id,
        assessment.avalc,
        assessment.record_id,
        assessment.next_therapy_date,
        row_number() over (
            partition by judged.row_key, assessment.avalc order by assessment.assessment_no
        ) as place
    from judged
    inner join {{ ref('cart_assessment') }} as assessment
        on judged.course_id = assessment.course_id and judged.target_antigen = assessment.target_antigen
    where assessment.record_id is not null
),

pointed as (
    select usubjid, 'failure' as concept, course_id, row_key, record_id, cast(null as string) as said
    from judged
    where record_id is not null
    union all
    select judged.usubjid, 'failure', judged.course_id, judged.row_key, assessment.record_id, 'response before'
    from judged
    inner join assessment
        on judged.row_key = assessment.row_key and judged.best_response_code = assessment.avalc and assessment.place = 1
    where judged.failure_type_code = 'relapsed'
    union all
    select judged.usubjid, 'failure', judged.course_id, judged.row_key, assessment.record_id, 'assessment'
    from judged
    inner join assessment on judged.row_key = assessment.row_key
    where judged.record_id is null
    union all
    select judged.usubjid, 'best_response', judged.course_id, judged.row_key, assessment.record_id, null
    from judged
    inner join assessment
        on judged.row_key = assessment.row_key
        and judged.best_response_code = assessment.avalc
        and (assessment.place = 1 or assessment.avalc = 'NE')
),

lymphodepletion_dose as (
    select course.usubjid, course.row_key, dose.record_id
    from course
    inner join {{ ref('lymphodepletion') }} as treated
        on course.course_id = treated.course_id and course.target_antigen = treated.target_antigen
    inner join {{ ref('stg_ehr__drug_administration') }} as dose
        on treated.usubjid = dose.usubjid
        and {{ impute_first('dose.start_date') }} < course.infused_date
        and {{ days_between(impute_last('dose.start_date'), 'course.infused_date') }} <= 14
    left join {{ ref('stg_ehr__therapy_line') }} as line on dose.line_id = line.line_id and dose.usubjid = line.usubjid
    where dose.administration_status = 'given'
        and (dose.indication_code = 'lymphodepletion' or line.intent_code = 'lymphodepletion')
        and (treated.lymphodepletion_code = 'other' or treated.lymphodepletion_code = dose.drug_code)
),

found as (
    select
        pointed.usubjid,
        pointed.concept,
        pointed.row_key,
        coalesce(source.record_id, pointed.record_id) as record_id,
        source.part,
        coalesce(pointed.said || ': ', '') || coalesce(source.role, 'decides') as role
    from pointed
    left join {{ ref('response_source') }} as source
        on pointed.course_id = source.course_id and pointed.record_id = source.response_record_id
    union
    select judged.usubjid, 'failure', judged.row_key, source.record_id, null, 'next therapy'
    from judged
    inner join assessment on judged.row_key = assessment.row_key
    inner join {{ ref('therapy') }} as therapy
        on judged.usubjid = therapy.usubjid
        and therapy.latest_start_date = assessment.next_therapy_date
    inner join {{ ref('therapy_source') }} as source
        on therapy.usubjid = source.usubjid and therapy.therapy_id = source.therapy_id
    where judged.reason in ('stable disease and new therapy', 'response without progression before new therapy')
    union
    select course.usubjid, concept.concept, course.row_key, source.record_id, null, source.role
    from course
    inner join {{ ref('cart_source') }} as source
        on course.course_id = source.course_id and course.target_antigen = source.target_antigen
    inner join (
        select 'dose' as concept, 'infusion' as role
        union all
        select 'product', 'infusion'
        union all
        select 'product', 'product'
        union all
        select 'batch', 'batch'
    ) as concept on source.role = concept.role
    union
    select usubjid, 'lymphodepletion', row_key, record_id, null, 'dose'
    from lymphodepletion_dose
    union
    select course.usubjid, 'steroid', course.row_key, steroid.record_id, null, 'dose'
    from course
    inner join {{ ref('corticosteroid_day') }} as steroid on course.course_id = steroid.course_id
)

select usubjid, concept, row_key, record_id, part, role, cast(null as string) as note
from found
union
select course.usubjid, expected.concept, course.row_key, null, null, 'not found', expected.note
from course
cross join (
    {% for concept, note in [
        ('failure', 'no assessment after the infusion'),
        ('best_response', 'no assessment after the infusion'),
        ('lymphodepletion', 'no lymphodepletion in the 14 days before the infusion'),
        ('steroid', 'no corticosteroid for CRS or ICANS in the window of the infusion'),
        ('batch', 'no manufacture of the order of the infusion'),
    ] %}
    select '{{ concept }}' as concept, '{{ note }}' as note
    {{ 'union all' if not loop.last }}
    {% endfor %}
) as expected
left join found on course.row_key = found.row_key and expected.concept = found.concept
where found.row_key is null
