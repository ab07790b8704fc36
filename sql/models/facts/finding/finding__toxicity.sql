-- Findings of toxicity and cell counts. One row a finding and record.
-- crs_grade_differs, icans_grade_differs: the grade derived from signs is not the one the clinician recorded (detail:
-- derived, then recorded). The published comparison uses the recorded grade. The record is the event, or the infusion when
-- the clinician recorded none.
-- event_beyond_death: an adverse event began, or ended, after the patient had died. Its end is cut at death.
-- cart_count_without_infusion: cells counted with no infusion of that product before.
with infusion as (
    select course_id, min(record_id) as record_id
    from {{ ref('cart_course') }}
    group by course_id
)

{% for term in ['crs', 'icans'] %}
select
    '{{ term }}_grade_differs' as finding_code,
    episode.usubjid,
    coalesce(episode.record_id, infusion.record_id) as record_id,
    cast(episode.derived_grade as string) || '_' || cast(episode.recorded_grade as string) as detail_code
from {{ ref(term ~ '_episode') }} as episode
inner join infusion on episode.course_id = infusion.course_id
where episode.derived_grade <> episode.recorded_grade
union all
{% endfor %}
select 'event_beyond_death', event.usubjid, event.record_id, event.term_code
from {{ ref('stg_ehr__adverse_event') }} as event
inner join {{ ref('death_record') }} as death on event.usubjid = death.usubjid and death.is_counted
where coalesce({{ impute_first('event.end_date') }}, {{ impute_first('event.onset_date') }})
    > coalesce(death.latest_date, death.death_date)
union all
select 'cart_count_without_infusion', sample.usubjid, sample.record_id, sample.population_code
from {{ ref('stg_lis__flow_cytometry') }} as sample
left join {{ ref('cart_course') }} as course
    on sample.usubjid = course.usubjid
    and sample.population_code = 'cart_' || lower(course.target_antigen)
    and sample.collected_date >= course.infused_date
where sample.population_code in ('cart_cd19', 'cart_cd20')
    and course.usubjid is null
