-- What makes each named day of each screened subject: every occurrence that its row of study.anchor selects on the first (or last)
-- such day. A row refers to days of lower levels, so the levels are found one after the other; dbt is told how many the study
-- has, and twenty days of one level are one pass.
with known_0 as (
    select usubjid, anchor, anchor_date, course_id
    from {{ ref('screened') }}
),

{% for level in range(1, var('anchor_levels', 3) + 1) -%}
{% set declared = 'select * from ' ~ source('study', 'anchor') ~ ' where level_no = ' ~ level -%}
selected_{{ level }} as (
    {{ selected_occurrences(declared, 'known_' ~ (level - 1)) }}
),

day_{{ level }} as (
    select
        selected.usubjid,
        selected.name,
        declared.is_complete,
        case declared.pick when 'first' then min(selected.day) else max(selected.day) end as anchor_date
    from selected_{{ level }} as selected
    inner join {{ source('study', 'anchor') }} as declared on selected.name = declared.name
    where selected.day is not null
    group by selected.usubjid, selected.name, declared.is_complete, declared.pick
),

occurrence_{{ level }} as (
    select day.is_complete, selected.*
    from day_{{ level }} as day
    inner join selected_{{ level }} as selected
        on day.usubjid = selected.usubjid and day.name = selected.name and day.anchor_date = selected.day
),

known_{{ level }} as (
    select * from known_{{ level - 1 }}
    union all
    select
        usubjid,
        name,
        day,
        coalesce(min(case when adtf is null then course_id end), min(course_id))
    from occurrence_{{ level }}
    group by usubjid, name, day, is_complete
    having (not is_complete or count(adtf) < count(*)) and {{ evaluated_once() }}
),

{% endfor -%}
occurrence as (
    select
        screened.usubjid, screened.anchor, screened.anchor_date, false as is_complete, screening.fact, screened.adtf,
        screened.course_id, screened.detail_code, cast(null as double) as value_num, cast(null as string) as value_txt,
        cast(null as string) as source_id, screened.srcdom, screened.srcvar, screened.record_id
    from {{ ref('screened') }} as screened
    cross join {{ source('study', 'screening') }} as screening
    {% for level in range(1, var('anchor_levels', 3) + 1) -%}
    union all
    select
        usubjid, name, day, is_complete, fact, adtf, course_id, detail_code, value_num, value_txt, source_id, srcdom, srcvar, record_id
    from occurrence_{{ level }}
    {% endfor %}
)

select *
from occurrence
