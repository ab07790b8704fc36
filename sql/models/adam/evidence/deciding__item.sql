{{ config(contract={'enforced': true}) }}
-- What decided each item of the study for each screened subject (concept: `item.` and its name): the records of the occurrences
-- behind it, of a derived item those of the items it rests on. An occurrence leads to the records that it was made of: a start of
-- therapy to its line and first doses, a course of cells to its bags, a cell of origin to its stains. What was looked for and not
-- found stands as a row without a record.
with course_fact as (  -- facts that rest on a concept of their course
    {% for fact, concept in [
        ('cart_course', 'dose'), ('cart_dose_cells_per_kg', 'dose'), ('cart_scfv_origin', 'product'),
        ('cart_generation_no', 'product'), ('cart_costimulatory_domain', 'product'), ('cart_signalling_domain', 'product'),
        ('cart_transduction_percent', 'batch'), ('cart_viability_percent', 'batch'), ('cart_harvest_cells_per_kg', 'batch'),
        ('lymphodepletion', 'lymphodepletion'), ('cart_failure', 'failure'), ('cart_outcome', 'failure'),
        ('cart_best_response', 'best_response'), ('crs_grade', 'crs_recorded'), ('icans_grade', 'icans_recorded'),
        ('cart_peak_10e6_per_l', 'cart_peak'), ('cart_tmax_days', 'cart_peak'), ('is_cart_detectable', 'cart_peak'),
        ('cart_persistence_days', 'cart_persistence'),
    ] %}
    select '{{ fact }}' as fact, '{{ concept }}' as concept
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

course_evidence as (
    select * from {{ ref('deciding__course') }}
    union all
    select * from {{ ref('deciding__toxicity') }}
),

sought_course as (  -- of an item that asks for a course, that course, whether or not anything was found
    select known.usubjid, declared.item, declared.fact, declared.detail_code, known.course_id
    from {{ source('study', 'item') }} as declared
    inner join {{ ref('anchor') }} as known on declared.of_course = known.anchor
    union
    select known.usubjid, declared.item, day.fact, day.detail_code, known.course_id
    from {{ source('study', 'item') }} as declared
    inner join {{ source('study', 'anchor') }} as day on day.name in (declared.anchor, declared.from_anchor, declared.to_anchor)
    inner join {{ ref('anchor') }} as known on day.of_course = known.anchor
    where declared.kind_code in ('date', 'age', 'days')
),

of_course as (
    select usubjid, item, fact, detail_code, course_id from {{ ref('item_occurrence') }}
    union
    select usubjid, item, fact, detail_code, course_id from sought_course
),

single as (  -- occurrences that are not told by their course
    select occurrence.*
    from {{ ref('item_occurrence') }} as occurrence
    left join course_fact on occurrence.fact = course_fact.fact
    where course_fact.fact is null
),

deciding_class as (  -- the class that made the group, and the start that brought it
    select study_group.usubjid, study_group.record_id, rule.class_code
    from {{ ref('study_group') }} as study_group
    left join {{ source('study', 'group_rule') }} as rule
        on study_group.group_code = rule.group_code
        and coalesce(study_group.stratum_code, '') = coalesce(rule.stratum_code, '')
        and coalesce(study_group.subgroup_code, '') = coalesce(rule.subgroup_code, '')
),

start_record as (
    select single.usubjid, single.item, single.record_id as start_record_id, source.record_id, source.role
    from single
    inner join {{ ref('therapy_source') }} as source
        on single.usubjid = source.usubjid and single.source_id = source.therapy_id
    left join {{ source('study', 'item') }} as declared on single.item = declared.item
    where single.fact <> 'drug_dose'
        and (coalesce(declared.kind_code, '') <> 'sum' or source.record_id = single.record_id)  -- a number stands in the line
),

class_dose as (  -- the first dose of each class of a line, the class may have come later
    select
        single.usubjid,
        single.item,
        single.record_id as start_record_id,
        dose.class_code,
        dose.record_id,
        row_number() over (
            partition by single.usubjid, single.item, single.source_id, dose.class_code order by dose.dose_date, dose.record_id
        ) as choice
    from single
    inner join {{ ref('antineoplastic_dose') }} as dose
        on single.usubjid = dose.usubjid and single.source_id = 'line:' || dose.line_id
    where dose.class_code is not null
),

grouping_item as (
    select item, kind_code from {{ source('study', 'item') }} where kind_code in ('group', 'stratum', 'subgroup', 'classes')
    union all
    select 'group', 'group'
),

stained as (
    select single.usubjid, single.item, stain.record_id, stain.marker_code as role
    from single
    inner join {{ ref('coo') }} as coo on single.record_id = coo.record_id and single.usubjid = coo.usubjid
    inner join {{ ref('stain') }} as stain on coo.usubjid = stain.usubjid and coo.report_no = stain.report_no
    where single.fact = 'coo_code'
        and (
            stain.marker_code = 'CD10'
            or stain.marker_code = 'BCL6' and coo.deciding_marker in ('BCL6', 'MUM1')
            or stain.marker_code = 'MUM1' and coo.deciding_marker = 'MUM1'
        )
),

probed as (
    select single.usubjid, single.item, probe.record_id, lower(probe.gene_code) as role
    from single
    inner join {{ ref('rearrangement') }} as report on single.record_id = report.record_id and single.usubjid = report.usubjid
    inner join {{ ref('stg_lis__fish') }} as probe on report.usubjid = probe.usubjid and report.report_no = probe.report_no
    where single.fact = 'is_double_triple_hit' and (probe.gene_code = 'MYC' or report.is_myc_rearranged)
),

longest as (
    select record_id, lesion_code, greatest(coalesce(ldi_mm, sdi_mm), coalesce(sdi_mm, ldi_mm)) as longest_mm
    from {{ ref('stg_ris__target_lesion') }}
    union all
    select record_id, lesion_code, longest_mm
    from {{ ref('stg_ris__new_lesion') }}
),

found as (
    select of_course.usubjid, of_course.item, evidence.record_id, evidence.part, evidence.role, evidence.note
    from of_course
    inner join course_fact on of_course.fact = course_fact.fact
    inner join course_evidence as evidence
        on of_course.usubjid = evidence.usubjid
        and course_fact.concept = evidence.concept
        and evidence.row_key in (of_course.course_id, of_course.course_id || ':' || upper(of_course.detail_code))
    union
    select start.usubjid, start.item, start.record_id, null, start.role, null
    from start_record as start
    left join grouping_item as grouping on start.item = grouping.item
    left join deciding_class as deciding
        on start.usubjid = deciding.usubjid and start.start_record_id = deciding.record_id
    where grouping.item is null
        or start.role <> 'first dose' and (grouping.kind_code = 'classes' or deciding.usubjid is not null)
    union
    select dose.usubjid, dose.item, dose.record_id, null, 'first dose of the class', null
    from class_dose as dose
    inner join grouping_item as grouping on dose.item = grouping.item
    left join deciding_class as deciding
        on dose.usubjid = deciding.usubjid
        and dose.start_record_id = deciding.record_id
        and dose.class_code = deciding.class_code
    where dose.choice = 1 and (grouping.kind_code = 'classes' or deciding.usubjid is not null)
    union
    select usubjid, item, record_id, null, role, null from stained
    union
    select usubjid, item, record_id, null, role, null from probed
    union
    select single.usubjid, single.item, single.record_id, longest.lesion_code, 'longest lesion', null
    from single
    left join longest on single.record_id = longest.record_id and single.value_num = longest.longest_mm
    where single.fact = 'max_lesion_mm'
    union
    select single.usubjid, single.item, single.record_id, null, case single.fact when 'birth' then 'birth' else 'value' end, null
    from single
    where (single.source_id is null or single.fact not in ('therapy_start', 'therapy_class', 'therapy_line', 'therapy_end'))
        and single.fact not in ('coo_code', 'is_double_triple_hit', 'max_lesion_mm')
    {% for model in var('own_evidence', []) -%}
    union
    select usubjid, concept, record_id, part, role, note from {{ ref(model) }}
    {% endfor %}
),

sought as (
    select
        item,
        'no ' || label || coalesce(' from day ' || cast(from_day as string), '') || coalesce(' to day ' || cast(to_day as string), '')
        || coalesce(' of ' || anchor, '') || coalesce(', of the course of ' || of_course, '') || coalesce(', from ' || from_anchor, '')
        || coalesce(' to ' || to_anchor, '') || coalesce(', after ' || after_anchor, '') || coalesce(', until ' || until_anchor, '')
        || coalesce(', before ' || before_anchor, '') as note
    from {{ source('study', 'item') }}
    where level_no = 0
    union all
    select reserved.item, 'no ' || coalesce(day.label, screening.label)
    from (select 'group' as item union all select 'time_zero' as item) as reserved
    cross join {{ source('study', 'time_zero') }} as zero
    left join {{ source('study', 'anchor') }} as day on zero.anchor = day.name
    cross join {{ source('study', 'screening') }} as screening
),

leaf as (
    select * from found
    union all
    select subject.usubjid, sought.item, null, null, 'not found', sought.note
    from {{ ref('screened') }} as subject
    cross join sought
    left join found on subject.usubjid = found.usubjid and sought.item = found.item
    where found.usubjid is null
),

resting as (
    select item, leaf from {{ source('study', 'item_leaf') }}
    union all
    select 'group', 'group'
    union all
    select 'time_zero', 'time_zero'
)

select distinct
    leaf.usubjid,
    'item.' || resting.item as concept,
    cast(null as string) as row_key,
    leaf.record_id,
    leaf.part,
    leaf.role,
    leaf.note
from leaf
inner join resting on leaf.item = resting.leaf
