{{ config(contract={'enforced': true}) }}
-- What decided the CD19 course that the study follows: infusion, product, best response and failure. A course that did not
-- fail, or cannot be judged, rests on every assessment of its window, or on there being none.
with followed as (
    select usubjid, course_id, best_response_code, failure_type_code, reason, failure_date, record_id
    from {{ ref('index_infusion') }}
),

assessment as (
    select
        assessment.usubjid,
        assessment.course_id,
        assessment.avalc,
        assessment.record_id,
        assessment.next_therapy_date,
        row_number() over (
            partition by assessment.usubjid, assessment.avalc order by assessment.assessment_no
        ) as place
    from followed
    inner join {{ ref('cart_assessment') }} as assessment
        on followed.course_id = assessment.course_id and assessment.target_antigen = 'CD19'
    where assessment.record_id is not null
),

pointed as (
    select usubjid, 'cd19_failure' as concept, course_id, record_id, cast(null as varchar) as said
    from followed
    where record_id is not null
    union all
    select followed.usubjid, 'cd19_failure', followed.course_id, assessment.record_id, 'response before'
    from followed
    inner join assessment
        on followed.course_id = assessment.course_id and followed.best_response_code = assessment.avalc and assessment.place = 1
    where followed.failure_type_code = 'relapsed'
    union all
    select followed.usubjid, 'cd19_failure', followed.course_id, assessment.record_id, 'assessment'
    from followed
    inner join assessment on followed.course_id = assessment.course_id
    where followed.record_id is null
    union all
    select followed.usubjid, 'cd19_best_response', followed.course_id, assessment.record_id, null
    from followed
    inner join assessment
        on followed.course_id = assessment.course_id
        and followed.best_response_code = assessment.avalc
        and (assessment.place = 1 or assessment.avalc = 'NE')
)

select
    pointed.usubjid,
    pointed.concept,
    cast(null as varchar) as row_key,
    coalesce(source.record_id, pointed.record_id) as record_id,
    source.part,
    coalesce(pointed.said || ': ', '') || coalesce(source.role, 'decides') as role,
    cast(null as varchar) as note
from pointed
left join {{ ref('response_source') }} as source
    on pointed.course_id = source.course_id and pointed.record_id = source.response_record_id
union
select followed.usubjid, 'cd19_failure', null, source.record_id, null, 'next therapy', null
from followed
inner join assessment on followed.course_id = assessment.course_id
inner join {{ ref('therapy') }} as therapy
    on followed.usubjid = therapy.usubjid
    and coalesce(case when therapy.adtf = 'D' then therapy.latest_start_date end, therapy.start_date) = assessment.next_therapy_date
inner join {{ ref('therapy_source') }} as source
    on therapy.usubjid = source.usubjid and therapy.therapy_id = source.therapy_id
where followed.reason in ('stable disease and new therapy', 'response without progression before new therapy')
union
select followed.usubjid, missing.concept, null, null, null, 'not found', 'no assessment after the CD19 infusion'
from followed
cross join (select 'cd19_failure' as concept union all select 'cd19_best_response' as concept) as missing
left join assessment on followed.course_id = assessment.course_id
where assessment.course_id is null
union
select followed.usubjid, 'cd19_infusion', null, source.record_id, null, source.role, null
from followed
inner join {{ ref('cart_source') }} as source
    on followed.course_id = source.course_id and source.target_antigen = 'CD19' and source.role = 'infusion'
union
select followed.usubjid, 'cd19_product', null, source.record_id, null, source.role, null
from followed
inner join {{ ref('cart_source') }} as source
    on followed.course_id = source.course_id and source.target_antigen = 'CD19' and source.role in ('infusion', 'product')
