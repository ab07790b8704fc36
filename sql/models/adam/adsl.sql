{{ config(meta={'column_comments': subject_column_comments()}) }}
-- Subject level: one row a screened subject. A core that every study has, and the columns that this one declares (study.item, the
-- models of sql/subject). Unknown is empty, never "no" and never 0. Group, time zero, outcomes and the columns declared
-- is_followed_only stand for included subjects; the others for everybody. A number that can be a bound has its two ends beside it.
{% set columns = var('study_columns', []) -%}
with held as (
    select usubjid, item, value_num, comparator, value_txt, value_date from {{ ref('item') }}
    {% for model in var('own_subject', []) -%}
    union all
    select usubjid, item, value_num, null, value_txt, value_date from {{ ref(model) }}
    {% endfor %}
),

declared as (
    select
        usubjid
        {%- for column in columns %},
        max(case when item = '{{ column.item }}' then {{ column_value(column.type, column.end) }} end) as {{ column.name }}
        {%- endfor %}
    from held
    group by usubjid
),

died as (
    select usubjid, value_txt as cause_code
    from {{ ref('study_fact') }}
    where fact = 'death'
)

select
    screening.usubjid,
    case when screening.is_included then 'Y' else 'N' end as inclfl,
    screening.primary_criterion_id,
    followed.group_code,
    followed.stratum_code,
    followed.time_zero_date,
    {% for column in columns -%}
    {% if column.is_followed_only -%}
    case when followed.usubjid is not null then declared.{{ column.name }} end as {{ column.name }},
    {%- else -%}
    declared.{{ column.name }},
    {%- endif %}
    {% endfor -%}
    {% if var('has_response', true) -%}
    case when best.best_response_code is not null then 'Y' else 'N' end as rspevlfl,
    best.best_response_code,
    best.best_response_code in ('CR', 'PR') as is_responder,
    best.best_response_code = 'CR' as is_complete_responder,
    case when followed.usubjid is not null then coalesce(best.best_response_code in ('CR', 'PR'), false) end as is_responder_itt,
    case when followed.usubjid is not null then coalesce(best.best_response_code = 'CR', false) end as is_complete_responder_itt,
    {% if var('progression_endpoint', none) -%}
    case
        when followed.usubjid is not null then coalesce(best.best_response_code in ('CR', 'PR'), false) and progression.cnsr > 0
    end as is_ongoing_response,
    {% endif -%}
    {% endif -%}
    case when followed.usubjid is not null then died.usubjid is null end as is_alive_at_cut,
    case
        when followed.usubjid is not null and died.usubjid is not null then coalesce(died.cause_code, 'unknown')
    end as death_cause_code
from {{ ref('screening') }} as screening
left join declared on screening.usubjid = declared.usubjid
left join {{ ref('followed') }} as followed on screening.usubjid = followed.usubjid
left join died on screening.usubjid = died.usubjid
{% if var('has_response', true) -%}
left join {{ ref('best_response') }} as best on screening.usubjid = best.usubjid
{% if var('progression_endpoint', none) -%}
left join {{ ref('adtte') }} as progression
    on followed.usubjid = progression.usubjid and progression.paramcd = '{{ var('progression_endpoint') }}'
{% endif -%}
{% endif -%}
