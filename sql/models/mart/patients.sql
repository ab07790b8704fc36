{{ config(meta={'column_comments': subject_column_comments()}) }}
-- One row a screened subject: who they were, what they got, how they did. The core and the columns that the study declares;
-- readable names, units in the names; unknown is empty.
select
    adsl.usubjid,
    screening.is_included,
    screening.primary_reason as exclusion_reason,
    study_group.label as treatment_group,
    adsl.stratum_code,
    adsl.time_zero_date,
    {% for column in var('study_columns', []) -%}
    adsl.{{ column.name }},
    {% endfor -%}
    {% if var('has_response', true) -%}
    adsl.best_response_code,
    {% if var('progression_endpoint', none) -%}
    adsl.is_ongoing_response,
    {% endif -%}
    {% endif -%}
    adsl.is_alive_at_cut
from {{ ref('adsl') }} as adsl
inner join {{ ref('screening') }} as screening on adsl.usubjid = screening.usubjid
left join {{ source('study', 'study_group') }} as study_group on adsl.group_code = study_group.group_code
