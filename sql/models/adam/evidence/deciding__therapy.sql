{{ config(contract={'enforced': true}) }}
-- What decided therapy: the group and its time zero, what came before and around it, orders of CD20 cells, bridging,
-- lymphodepletion, steroids, a new biopsy. What was looked for and not found stands as a row without a record.
with patient as (
    select usubjid, infused_date, failure_date
    from {{ ref('index_infusion') }}
),

prior_line as (
    select
        patient.usubjid,
        line.line_id,
        line.cycles_count,
        line.record_id,
        count(line.cycles_count) over (partition by patient.usubjid) = count(*) over (partition by patient.usubjid) as has_sum
    from patient
    inner join {{ ref('therapy_line') }} as line
        on patient.usubjid = line.usubjid
        and line.start_date < patient.infused_date
        and line.intent_code in ('treatment', 'trial')
),

index_day as (  -- what started at time zero, and whether it is the therapy that decided
    select therapy.usubjid, therapy.therapy_id, therapy.record_id = study_group.record_id as is_deciding
    from {{ ref('study_group') }} as study_group
    inner join {{ ref('therapy_after_failure') }} as decided
        on study_group.usubjid = decided.usubjid and study_group.record_id = decided.record_id
    inner join {{ ref('therapy_after_failure') }} as therapy
        on study_group.usubjid = therapy.usubjid and decided.start_date = therapy.start_date and not therapy.is_bridging
),

started as (  -- therapies by what they decide
    select study_group.usubjid, 'time_zero' as concept, therapy.therapy_id
    from {{ ref('study_group') }} as study_group
    inner join {{ ref('therapy') }} as therapy
        on study_group.usubjid = therapy.usubjid and study_group.record_id = therapy.record_id
    union
    select usubjid, 'treated', therapy_id
    from {{ ref('therapy_after_failure') }}
    union
    select usubjid, 'prior_lines', 'line:' || line_id
    from prior_line
    union
    select patient.usubjid, 'prior_lines', therapy.therapy_id
    from patient
    inner join {{ ref('therapy') }} as therapy
        on patient.usubjid = therapy.usubjid and therapy.start_date < patient.infused_date and therapy.kind = 'cart'
    union
    select
        patient.usubjid,
        case therapy.kind when 'transplant' then 'prior_sct' else 'prior_radiotherapy' end,
        therapy.therapy_id
    from patient
    inner join {{ ref('therapy') }} as therapy
        on patient.usubjid = therapy.usubjid and therapy.start_date < patient.infused_date
    where therapy.kind in ('transplant', 'radiotherapy')
    union
    select treated.usubjid, 'bridging', therapy.therapy_id
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
),

class_dose as (  -- the first dose of each class of a line of that day, the class may have come later
    select
        index_day.usubjid,
        index_day.is_deciding,
        dose.class_code,
        dose.record_id,
        row_number() over (
            partition by index_day.usubjid, index_day.therapy_id, dose.class_code order by dose.dose_date, dose.record_id
        ) as choice
    from index_day
    inner join {{ ref('antilymphoma_dose') }} as dose
        on index_day.usubjid = dose.usubjid and index_day.therapy_id = 'line:' || dose.line_id
    where dose.class_code is not null
),

group_class as (  -- the class that made the group
    select study_group.usubjid, rule.class_code
    from {{ ref('study_group') }} as study_group
    inner join {{ source('study', 'group_rule') }} as rule
        on study_group.group_code = rule.group_code
        and study_group.stratum_code = rule.stratum_code
        and coalesce(study_group.noncart_class_code, '') = coalesce(rule.noncart_class_code, '')
),

lymphodepletion_dose as (
    select treated.usubjid, treated.course_id, treated.target_antigen, treated.lymphodepletion_code, dose.drug_code, dose.record_id
    from {{ ref('lymphodepletion') }} as treated
    inner join {{ ref('cart_course') }} as course
        on treated.course_id = course.course_id and treated.target_antigen = course.target_antigen
    inner join {{ ref('stg_ehr__drug_administration') }} as dose
        on treated.usubjid = dose.usubjid
        and {{ impute_first('dose.start_date') }} < course.infused_date
        and {{ days_between(impute_first('dose.start_date'), 'course.infused_date') }} <= 14
    left join {{ ref('stg_ehr__therapy_line') }} as line on dose.line_id = line.line_id and dose.usubjid = line.usubjid
    where dose.administration_status = 'given'
        and (dose.indication_code = 'lymphodepletion' or line.intent_code = 'lymphodepletion')
        and (treated.lymphodepletion_code = 'other' or treated.lymphodepletion_code = dose.drug_code)
),

found as (
    select started.usubjid, started.concept, cast(null as varchar) as row_key, source.record_id, source.role
    from started
    inner join {{ ref('therapy_source') }} as source
        on started.usubjid = source.usubjid and started.therapy_id = source.therapy_id
    union
    select dose.usubjid, 'group', null, dose.record_id, 'first dose of the class'
    from class_dose as dose
    inner join group_class on dose.usubjid = group_class.usubjid and dose.class_code = group_class.class_code
    where dose.choice = 1 and dose.is_deciding
    union
    select usubjid, 'index_class', null, record_id, 'first dose of the class'
    from class_dose
    where choice = 1
    union
    select index_day.usubjid, concept.concept, null, source.record_id, source.role
    from index_day
    cross join (select 'group' as concept union all select 'index_class' as concept) as concept
    inner join {{ ref('therapy_source') }} as source
        on index_day.usubjid = source.usubjid and index_day.therapy_id = source.therapy_id
    where source.role <> 'first dose' and (index_day.is_deciding or concept.concept = 'index_class')
    union
    select usubjid, 'prior_cycles', null, record_id, case when has_sum then 'cycles' else 'cycles not known' end
    from prior_line
    where has_sum or cycles_count is null
    union
    select usubjid, 'decision', null, record_id, 'decides'
    from {{ ref('treatment_decision') }}
    where record_id is not null
    union
    select usubjid, 'concurrent_drug', null, record_id, 'dose or line'
    from {{ ref('concurrent_drug') }}
    union
    select usubjid, 'cd20_order', null, record_id, 'first order'
    from {{ ref('cd20_order') }}
    union
    select intended.usubjid, 'cd20_order', null, batch.record_id, 'batch'
    from {{ ref('cd20_order') }} as intended
    inner join {{ ref('stg_ehr__cart_order') }} as cart_order on intended.usubjid = cart_order.usubjid
    inner join {{ ref('stg_ehr__cart_product') }} as product
        on cart_order.product_code = product.product_code and product.target_antigen = 'CD20'
    inner join {{ ref('stg_ehr__cart_manufacture') }} as batch
        on cart_order.usubjid = batch.usubjid and cart_order.order_id = batch.order_id
    union
    select source.usubjid, 'cd20_infusion', null, source.record_id, source.role
    from {{ ref('cd20_order') }} as intended
    inner join {{ ref('cart_source') }} as source
        on intended.usubjid = source.usubjid and source.target_antigen = 'CD20' and source.role = 'infusion'
    union
    select followed.usubjid, 'cells', null, source.record_id, source.role
    from {{ ref('followed') }} as followed
    inner join {{ ref('cart_course') }} as course
        on followed.usubjid = course.usubjid
        and course.infused_date between followed.time_zero_date and {{ add_days('followed.time_zero_date', 90) }}
    inner join {{ ref('cart_source') }} as source
        on course.course_id = source.course_id and course.target_antigen = source.target_antigen and source.role = 'infusion'
    union
    select usubjid, 'lymphodepletion', course_id, record_id, 'dose'
    from lymphodepletion_dose
    union
    select usubjid, 'steroid', course_id, record_id, 'dose'
    from {{ ref('corticosteroid_day') }}
    union
    select usubjid, 'dose', course_id, record_id, role
    from {{ ref('cart_source') }}
    where role = 'infusion'
    union
    select usubjid, 'batch', course_id, record_id, role
    from {{ ref('cart_source') }}
    where role = 'batch'
    union
    select zero.usubjid, 'rebiopsy', null, pathology.record_id, 'biopsy'
    from {{ ref('anchor') }} as zero
    inner join patient on zero.usubjid = patient.usubjid
    inner join {{ ref('stg_lis__pathology') }} as pathology
        on zero.usubjid = pathology.usubjid
        and pathology.collected_date > patient.infused_date
        and pathology.collected_date <= zero.anchor_date
    where zero.anchor = 'time_zero'
),

expected as (
    {% for concept, note in [
        ('time_zero', 'no anti-lymphoma therapy after failure that is not bridging'),
        ('group', 'no anti-lymphoma therapy after failure that is not bridging'),
        ('index_class', 'no anti-lymphoma therapy after failure that is not bridging'),
        ('prior_cycles', 'no line of therapy before the CD19 infusion'),
        ('treated', 'no anti-lymphoma therapy from the failure on'),
        ('prior_lines', 'no line of therapy and no CAR-T cells before the CD19 infusion'),
        ('prior_sct', 'no transplant before the CD19 infusion'),
        ('prior_radiotherapy', 'no radiotherapy before the CD19 infusion'),
        ('bridging', 'no therapy that bridges to the CD20 infusion'),
        ('waiting', 'no therapy between order and infusion'),
        ('concurrent_drug', 'no anti-lymphoma dose or line around the CD19 infusion'),
        ('cd20_order', 'no order of CD20 cells'),
        ('cd20_infusion', 'no infusion of CD20 cells'),
        ('cells', 'no infusion of cells from time zero to day 90'),
        ('rebiopsy', 'no biopsy after the CD19 infusion and up to time zero'),
        ('decision', 'no order of CD20 cells and no compared therapy after failure'),
    ] %}
    select usubjid, '{{ concept }}' as concept, cast(null as varchar) as row_key, '{{ note }}' as note
    from patient
    union all
    {% endfor %}
    {% for concept, note in [
        ('lymphodepletion', 'no lymphodepletion in the 14 days before the infusion'),
        ('steroid', 'no corticosteroid for CRS or ICANS in the window of the infusion'),
        ('batch', 'no manufacture of the order of the infusion'),
    ] %}
    select usubjid, '{{ concept }}', course_id, '{{ note }}'
    from {{ ref('cart_course') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

response as (
    select
        bridging.usubjid,
        coalesce(source.record_id, bridging.record_id) as record_id,
        source.part,
        coalesce(source.role, case when bridging.record_id is null then 'not found' else 'decides' end) as role,
        case when bridging.record_id is null then 'no rated assessment between bridging and infusion' end as note
    from {{ ref('bridging_response') }} as bridging
    left join {{ ref('response_source') }} as source
        on bridging.usubjid || ':' || cast(bridging.bridging_start_date as varchar) = source.course_id
        and bridging.record_id = source.response_record_id
)

select usubjid, concept, row_key, record_id, cast(null as varchar) as part, role, cast(null as varchar) as note
from found
union
select expected.usubjid, expected.concept, expected.row_key, null, null, 'not found', expected.note
from expected
left join found
    on expected.usubjid = found.usubjid
    and expected.concept = found.concept
    and coalesce(expected.row_key, '') = coalesce(found.row_key, '')
where found.usubjid is null
union
select usubjid, 'bridging_response', null, record_id, part, role, note
from response
