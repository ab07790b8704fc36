-- What is known of orders, of the decision and of bridging, as items: one row a subject and item that is known.
with decided as (
    select
        screened.usubjid,
        coalesce(decision.is_eligible_at_failure, false) as is_eligible,
        coalesce(decision.is_decided, false) as is_decided,
        decision.itt_group_code,
        decision.decision_date,
        decision.failure_to_cd20_days,
        intended.usubjid is not null as is_ordered,
        intended.cd20_order_end_code,
        intended.order_to_infusion_days,
        intended.has_therapy_while_waiting,
        treatment.has_bridging,
        treatment.bridging_classes,
        response.bridging_response_code
    from {{ ref('screened') }} as screened
    left join {{ ref('treatment_decision') }} as decision on screened.usubjid = decision.usubjid
    left join {{ ref('cd20_intention') }} as intended on screened.usubjid = intended.usubjid
    left join {{ ref('followed') }} as followed on screened.usubjid = followed.usubjid
    left join {{ ref('cd20_treatment') }} as treatment on followed.usubjid = treatment.usubjid
    left join {{ ref('bridging_response') }} as response on followed.usubjid = response.usubjid
)

{% for item, number, text, day in [
    ('failfl', 'null', "case when is_eligible then 'Y' else 'N' end", 'null'),
    ('ittfl', 'null', "case when is_decided then 'Y' else 'N' end", 'null'),
    ('itt_group_code', 'null', 'case when is_decided then itt_group_code end', 'null'),
    ('decision_date', 'null', 'null', 'case when is_decided then decision_date end'),
    ('failure_to_cd20_days', 'failure_to_cd20_days', 'null', 'null'),
    ('is_cd20_ordered', 'case when is_ordered then 1 else 0 end', 'null', 'null'),
    ('cd20_order_end_code', 'null', 'cd20_order_end_code', 'null'),
    ('order_to_infusion_days', 'order_to_infusion_days', 'null', 'null'),
    ('has_therapy_while_waiting', 'case when has_therapy_while_waiting then 1 when not has_therapy_while_waiting then 0 end', 'null', 'null'),
    ('has_bridging', 'case when has_bridging then 1 when not has_bridging then 0 end', 'null', 'null'),
    ('bridging_classes', 'null', 'bridging_classes', 'null'),
    ('bridging_response_code', 'null', 'bridging_response_code', 'null'),
] -%}
select
    usubjid,
    '{{ item }}' as item,
    cast({{ number }} as double) as value_num,
    cast({{ text }} as string) as value_txt,
    cast({{ day }} as date) as value_date
from decided
{{ 'union all' if not loop.last }}
{% endfor %}
