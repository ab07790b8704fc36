-- What makes each named day of each screened subject: every occurrence that its row of study.anchor selects on the first (or last)
-- such day. A row refers to days of lower levels, so the levels are found one after the other; dbt is told how many the study
-- has, and twenty days of one level are one pass.
with
{% for level in range(1, var('anchor_levels', 3) + 1) -%}
{% set found -%}
with known as (
        select usubjid, anchor, anchor_date, course_id
        from {{ ref('screened') }}
        {% for lower in range(1, level) -%}
        union all
        select
            usubjid,
            name,
            day,
            coalesce(min(case when adtf is null then course_id end), min(course_id))
        from anchor_occurrence_{{ lower }}
        group by usubjid, name, day, is_complete
        having not is_complete or count(adtf) < count(*)
        {% endfor %}
    ),

    selected as (
        {{ selected_occurrences('select * from ' ~ source('study', 'anchor') ~ ' where level_no = ' ~ level, 'known') }}
    ),

    day as (
        select
            selected.usubjid,
            selected.name,
            declared.is_complete,
            case declared.pick when 'first' then min(selected.day) else max(selected.day) end as anchor_date
        from selected
        inner join {{ source('study', 'anchor') }} as declared on selected.name = declared.name
        where selected.day is not null
        group by selected.usubjid, selected.name, declared.is_complete, declared.pick
    )

    select day.is_complete, selected.*
    from day
    inner join selected on day.usubjid = selected.usubjid and day.name = selected.name and day.anchor_date = selected.day
{%- endset -%}
anchor_occurrence_{{ level }} as (
    {{ kept('anchor_occurrence_' ~ level, found) }}
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
    from anchor_occurrence_{{ level }}
    {% endfor %}
)

select *
from occurrence
