{{ config(schema='private') }}
-- The dated facts of everybody whom the screening fact brings in, as they stood at the study's data cut, with the facts that the
-- study derives itself. A day after the cut counts as of the cut (a contact proves the patient alive then). Not
-- published, for it tells birth dates.
{% set columns = ['usubjid', 'fact', 'occurrence', 'fact_date', 'latest_date', 'adtf', 'value_num', 'value_txt', 'detail_code',
    'course_id', 'source_id', 'collected_at', 'srcdom', 'srcvar', 'record_id'] -%}
with told as (
    select {{ columns | join(', ') }}, known_date, superseded_date
    from {{ ref('dated_fact') }}
    {% for model in var('own_facts', []) -%}
    union all
    select {{ columns | join(', ') }}, known_date, superseded_date
    from {{ ref(model) }}
    {% endfor %}
),

dated as (
    select told.*, build.data_cut_date
    from told
    cross join {{ source('meta', 'build') }} as build
    where (told.known_date is null or told.known_date <= build.data_cut_date)
        and (told.superseded_date is null or told.superseded_date > build.data_cut_date)
),

brought as (
    select distinct dated.usubjid
    from dated
    inner join {{ source('study', 'screening') }} as screening
        on dated.fact = screening.fact
        and {{ is_of_detail('screening') }}
)

select
    {% for column in columns -%}
    {{ 'case when dated.fact_date is not null then least(dated.fact_date, dated.data_cut_date) end as fact_date' if column == 'fact_date' else 'dated.' ~ column }}
    {{- ',' if not loop.last }}
    {% endfor -%}
from dated
inner join brought on dated.usubjid = brought.usubjid
