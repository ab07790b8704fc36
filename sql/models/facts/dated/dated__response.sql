-- Dated facts of the disease: response time points of every course, ratings (of no course: they rest on no baseline here), progressions recorded without imaging, and of each CAR-T
-- course and target whether and when it failed, and its best response up to then. What no assessment decided rests on the infusion.
{% set of_failure = {
    'order_no': 'target_infusion_no',
    'detail_code': 'target_code',
    'course_id': 'course_id',
    'source_id': 'course_id',
    'known_date': 'known_date',
    'superseded_date': 'superseded_date',
    'srcdom': "'rs'",
    'srcvar': "'rsdtc'",
} -%}
{% set of_course = dict(of_failure, fact_date='infused_date', record_id='coalesce(record_id, course_record_id)') -%}
with failure as (
    select
        failure.*,
        lower(failure.target_antigen) as target_code,
        course.record_id as course_record_id
    from {{ ref('cart_course_state') }} as failure
    inner join {{ ref('cart_course') }} as course
        on failure.course_id = course.course_id and failure.target_antigen = course.target_antigen
)

select {{ dated_columns({
    'fact': "'response'",
    'order_no': 'timepoint_no',
    'fact_date': 'response_date',
    'known_date': 'known_date',
    'value_num': 'case when is_adequate then 1 else 0 end',
    'value_txt': 'avalc',
    'detail_code': "'imaging'",
    'course_id': 'course_id',
    'srcdom': "'rs'",
    'srcvar': "'rsdtc'",
}) }}
from {{ ref('timepoint_response') }}
union all
select {{ dated_columns({
    'fact': "'response'",
    'fact_date': 'rated_date',
    'value_num': 'case when is_adequate then 1 else 0 end',
    'value_txt': 'avalc',
    'detail_code': "'rated'",
    'srcdom': "'rs'",
    'srcvar': "'rsdtc'",
}) }}
from {{ ref('rated_response') }}
union all
select {{ dated_columns({
    'fact': "'rated_response'",
    'fact_date': 'rated_date',
    'value_txt': 'category_code',
    'detail_code': 'criteria_code',
    'srcdom': "'rs'",
    'srcvar': "'rsdtc'",
}) }}
from {{ ref('rated_response') }}
union all
select {{ dated_columns({
    'fact': "'clinical_pd'",
    'fact_date': 'progression_date',
    'known_date': 'earliest_date',
    'adtf': 'adtf',
    'value_txt': "'PD'",
    'srcdom': "'rs'",
    'srcvar': "'rsdtc'",
}) }}
from {{ ref('clinical_progression') }}
union all
select {{ dated_columns(dict(of_failure, **{
    'fact': "'cart_failure'",
    'fact_date': 'failure_date',
    'adtf': 'adtf',
    'value_txt': 'failure_type_code',
})) }}
from failure
where failure_date is not null
union all
select {{ dated_columns(dict(of_course, **{
    'fact': "'cart_outcome'",
    'value_num': 'case when is_failed then 1 when not is_failed then 0 end',
    'value_txt': 'reason',
})) }}
from failure
union all
select {{ dated_columns(dict(of_course, **{
    'fact': "'cart_best_response'",
    'value_txt': 'best_response_code',
})) }}
from failure
