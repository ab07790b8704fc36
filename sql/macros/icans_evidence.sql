{# ICE scores and findings of neurotoxicity with the least and the greatest grade of each, as common table expressions; the
   last, `evidence`: usubjid, assess_date, record_id, evidence_code, least_grade, greatest_grade. Rules: icans_day. #}
{% macro icans_evidence() -%}
other_cause as (
    select distinct score.record_id
    from {{ ref('stg_ehr__ice_score') }} as score
    inner join {{ ref('stg_ehr__neuro_finding') }} as finding
        on score.usubjid = finding.usubjid
        and score.assessed_date = finding.assessed_date
        and (not score.is_arousable or score.assessed_at = finding.assessed_at)
    inner join {{ ref('icans_finding') }} as counted on finding.finding_code = counted.finding_code
    where counted.is_consciousness and not finding.is_attributed
    union
    select record_id
    from {{ ref('stg_ehr__ice_score') }}
    where has_other_cause
),

ice as (
    select
        done.usubjid,
        done.assessed_date as assess_date,
        done.record_id,
        {% for bound, missing in [('least', true), ('greatest', false)] -%}
        {% for item, points in [('orientation', 4), ('naming', 3), ('command', 1), ('writing', 1), ('attention', 1)] -%}
        coalesce(done.{{ item }}_points, {{ points if missing else 0 }}){{ ' + ' if not loop.last }}
        {%- endfor %} as points_for_{{ bound }},
        {% endfor -%}
        done.is_arousable,
        other_cause.record_id is not null as has_other_cause
    from {{ ref('stg_ehr__ice_score') }} as done
    left join other_cause on done.record_id = other_cause.record_id
),

evidence as (
    select
        usubjid,
        assess_date,
        record_id,
        'ice' as evidence_code,
        {% for bound in ['least', 'greatest'] -%}
        case
            {% if bound == 'least' %}when has_other_cause then 0
            {% else %}when is_arousable is null and points_for_greatest = 0 then 4
            {% endif %}when not is_arousable then 4
            else {{ bound }}_band.grade
        end as {{ bound }}_grade{{ ',' if not loop.last }}
        {% endfor %}
    from ice
    {% for bound in ['least', 'greatest'] -%}
    left join {{ ref('ice_grade') }} as {{ bound }}_band
        on ice.points_for_{{ bound }} between {{ bound }}_band.points_from and {{ bound }}_band.points_to
    {% endfor -%}
    union all
    select finding.usubjid, finding.assessed_date, finding.record_id, 'finding', counted.grade, counted.grade
    from {{ ref('stg_ehr__neuro_finding') }} as finding
    inner join {{ ref('icans_finding') }} as counted on finding.finding_code = counted.finding_code
    where coalesce(finding.is_attributed, true)
    union all
    select usubjid, assessed_date, record_id, 'finding', 0, 4
    from {{ ref('stg_ehr__neuro_finding') }}
    where finding_code is null and coalesce(is_attributed, true)
)
{%- endmacro %}
