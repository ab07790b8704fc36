-- What decided the items of this study's own (concept: the item): orders and batches of CD20 cells, their infusions, the decision,
-- bridging and the response to it, therapy while waiting.
with started as (  -- starts of therapy by what they decide
    select treated.usubjid, 'bridging' as concept, therapy.therapy_id
    from {{ ref('cd20_treatment') }} as treated
    inner join {{ ref('therapy_after_failure') }} as therapy
        on treated.usubjid = therapy.usubjid and treated.infused_date = therapy.bridged_infusion_date
    union
    select intended.usubjid, 'waiting', therapy.therapy_id
    from {{ ref('cd20_intention') }} as intended
    inner join {{ ref('therapy_after_failure') }} as therapy
        on intended.usubjid = therapy.usubjid
        and therapy.kind <> 'cart'
        and therapy.start_date >= intended.first_ordered_date
        and (intended.first_infused_date is null or therapy.start_date < intended.first_infused_date)
    where intended.has_therapy_while_waiting
    union
    select usubjid, 'after_failure', therapy_id
    from {{ ref('therapy_after_failure') }}
),

found as (
    select started.usubjid, started.concept, source.record_id, cast(null as string) as part, source.role, cast(null as string) as note
    from started
    inner join {{ ref('therapy_source') }} as source
        on started.usubjid = source.usubjid and started.therapy_id = source.therapy_id
    union
    select usubjid, 'decision', record_id, null, 'decides', null
    from {{ ref('treatment_decision') }}
    where record_id is not null
    union
    select usubjid, 'order', record_id, null, 'first order', null
    from {{ ref('cd20_order') }}
    union
    select intended.usubjid, 'order', batch.record_id, null, 'batch', null
    from {{ ref('cd20_order') }} as intended
    inner join {{ ref('study_fact') }} as batch
        on intended.usubjid = batch.usubjid and batch.fact = 'cart_manufacture' and batch.detail_code = 'cd20'
    union
    select source.usubjid, 'infusion', source.record_id, null, source.role, null
    from {{ ref('cd20_order') }} as intended
    inner join {{ ref('cart_source') }} as source
        on intended.usubjid = source.usubjid and source.target_antigen = 'CD20' and source.role = 'infusion'
    union
    select screened.usubjid, 'failure', course.record_id, course.part, course.role, course.note
    from {{ ref('screened') }} as screened
    inner join {{ ref('deciding__course') }} as course
        on screened.course_id || ':CD19' = course.row_key and course.concept = 'failure'
    union
    select
        bridging.usubjid,
        'response',
        coalesce(source.record_id, bridging.record_id),
        source.part,
        coalesce(source.role, case when bridging.record_id is null then 'not found' else 'decides' end),
        case when bridging.record_id is null then 'no rated assessment between bridging and infusion' end
    from {{ ref('bridging_response') }} as bridging
    left join {{ ref('response_source') }} as source
        on bridging.usubjid || ':' || cast(bridging.bridging_start_date as string) = source.course_id
        and bridging.record_id = source.response_record_id
)

select found.usubjid, rests.item as concept, cast(null as string) as row_key, found.record_id, found.part, found.role, found.note
from found
inner join (
    {% for item, concept in [
        ('failfl', 'failure'), ('failure_to_cd20_days', 'failure'), ('failure_to_cd20_days', 'infusion'), ('ittfl', 'decision'),
        ('itt_group_code', 'decision'), ('decision_date', 'decision'), ('has_bridging', 'bridging'),
        ('bridging_classes', 'bridging'), ('bridging_response_code', 'response'), ('is_cd20_ordered', 'order'),
        ('cd20_order_end_code', 'order'), ('cd20_order_end_code', 'infusion'), ('order_to_infusion_days', 'order'),
        ('order_to_infusion_days', 'infusion'), ('has_therapy_while_waiting', 'waiting'), ('is_bridging_only', 'order'),
        ('is_bridging_only', 'infusion'), ('is_bridging_only', 'after_failure'),
    ] %}
    select '{{ item }}' as item, '{{ concept }}' as concept
    {{ 'union all' if not loop.last }}
    {% endfor %}
) as rests on found.concept = rests.concept
