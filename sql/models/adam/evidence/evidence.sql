{{ config(contract={'enforced': true}) }}
-- The way from what is told to the raw records that decided it: one row a table, item, patient, record and role. A
-- release is written in the order of the columns, so whoever asks for an item reads its rows alone.
-- item: the column of a table with one row a patient, else the parameter, criterion or item of the row; row_key tells
-- apart rows of one item (its course, or the record that stands in the row); a graded column stands in `role`. A row without a record says in `note` what was
-- looked for and not found. A row of another table rests on the record that it names itself.
with concept as (
    select * from {{ ref('deciding__course') }}
    union all
    select * from {{ ref('deciding__item') }}
    union all
    select * from {{ ref('deciding__criterion') }}
    union all
    select * from {{ ref('deciding__endpoint') }}
    union all
    select * from {{ ref('deciding__assessment') }}
    union all
    select * from {{ ref('deciding__toxicity') }}
),

subject_item as (  -- columns of adam.adsl by what decides them
    select column_name as item, 'item.' || item as concept
    from {{ source('study', 'item') }}
    where column_name is not null
    {% for column in var('study_columns', []) if column.end -%}
    union all
    select '{{ column.name }}', 'item.{{ column.item }}'
    {% endfor -%}
    {% for item, concept in [
        ('group_code', 'item.group'), ('stratum_code', 'item.group'), ('time_zero_date', 'item.time_zero'),
        ('best_response_code', 'response.BOR'), ('rspevlfl', 'response.BOR'), ('is_responder', 'response.BOR'),
        ('is_complete_responder', 'response.BOR'), ('is_responder_itt', 'response.BOR'),
        ('is_complete_responder_itt', 'response.BOR'), ('is_ongoing_response', 'response.BOR'),
        ('is_ongoing_response', 'endpoint.' ~ var('progression_endpoint', '')),
        ('is_alive_at_cut', 'survival'), ('death_cause_code', 'survival'),
    ] -%}
    union all
    select '{{ item }}', '{{ concept }}'
    {% endfor -%}
),

parameter_item as (  -- parameters of the tables by course
    {% for table, paramcd, concept, is_by_antigen in [
        ('adam.adex', 'DOSE', 'dose', true), ('adam.adex', 'HARVEST', 'batch', true), ('adam.adex', 'TRANSD', 'batch', true),
        ('adam.adex', 'VIAB', 'batch', true), ('adam.adex', 'LDREG', 'lymphodepletion', true),
        ('adam.adex', 'STERDAYS', 'steroid', true), ('adam.adck', 'CARTPEAK', 'cart_peak', true),
        ('adam.adck', 'CARTTMAX', 'cart_peak', true), ('adam.adck', 'CARTDET', 'cart_peak', true),
        ('adam.adck', 'CARTPERS', 'cart_persistence', true), ('adam.adck', 'CARTAUC', 'cart_auc', true),
        ('adam.adct', 'CRSREC', 'crs_recorded', false), ('adam.adct', 'CRSDER', 'crs_derived', false),
        ('adam.adct', 'CRSONS', 'crs_onset', false), ('adam.adct', 'ICANREC', 'icans_recorded', false),
        ('adam.adct', 'ICANDER', 'icans_derived', false), ('adam.adct', 'ICANONS', 'icans_onset', false),
    ] %}
    select '{{ table }}' as table_name, '{{ paramcd }}' as item, '{{ concept }}' as concept, {{ is_by_antigen }} as is_by_antigen
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

course as (
    select distinct cart.usubjid, cart.course_id, cart.target_antigen
    from {{ ref('cart_course') }} as cart
    inner join {{ ref('followed') }} as followed on cart.usubjid = followed.usubjid
),

traced as (
    select
        concept.usubjid,
        'adam.adsl' as table_name,
        subject_item.item,
        cast(null as string) as row_key,
        concept.record_id,
        concept.part,
        concept.role,
        concept.note
    from concept
    inner join subject_item on concept.concept = subject_item.concept
    union all
    select concept.usubjid, 'adam.adsl', inclusion.item, null, concept.record_id, concept.part, concept.role, concept.note
    from {{ ref('screening') }} as screening
    inner join concept
        on screening.usubjid = concept.usubjid
        and (
            screening.is_included and concept.concept like 'criterion.%'
            or concept.concept = 'criterion.' || screening.primary_criterion_id
        )
    cross join (select 'inclfl' as item union all select 'primary_criterion_id' as item) as inclusion
    union all
    select course.usubjid, parameter_item.table_name, parameter_item.item, course.course_id, concept.record_id, concept.part, concept.role, concept.note
    from course
    cross join parameter_item
    inner join concept
        on course.usubjid = concept.usubjid
        and parameter_item.concept = concept.concept
        and concept.row_key = case
            when parameter_item.is_by_antigen then course.course_id || ':' || course.target_antigen else course.course_id
        end
    {% for prefix, table in [
        ('endpoint', 'adam.adtte'), ('interval', 'adam.adic'), ('response', 'adam.adrs'), ('visit', 'adam.adrv'),
        ('burden', 'adam.adtr'), ('item', 'eligibility.item'), ('criterion', 'eligibility.criterion_result'),
    ] %}
    union all
    select usubjid, '{{ table }}', substr(concept, {{ prefix | length + 2 }}), row_key, record_id, part, role, note
    from concept
    where concept like '{{ prefix }}.%'
    {% endfor %}
    union all
    select usubjid, 'adam.adlbtox', row_key, null, record_id, null, substr(concept, 12) || ': ' || role, note
    from concept
    where concept like 'laboratory.%'
)

select distinct table_name, item, usubjid, row_key, record_id, part, role, note
from traced
