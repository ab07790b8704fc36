{# Which feed columns are read through a list or a limit, and how. A value that the list or limit does not know becomes null
   in staging (unknown, never "no") and a row of finding__value; the raw record keeps it, so that a code added to its list or map
   counts the next night without being sent again. The three lists are compared with the contracts and the seeds by
   tests/sql/test_values_are_understood.py: a new coded column cannot be forgotten. #}

{# (table, column or list.field, list of the seed code_list) #}
{% macro coded_columns() -%}
{{ return([
    ('ehr_adverse_event', 'term_code', 'ae_term'),
    ('ehr_adverse_event', 'attribution_code', 'attribution'),
    ('ehr_cart_order', 'order_status', 'order_status'),
    ('ehr_cart_product', 'scfv_origin', 'scfv_origin'),
    ('ehr_cart_product', 'costimulatory_domain', 'costimulatory_domain'),
    ('ehr_cart_product', 'signalling_domain', 'signalling_domain'),
    ('ehr_contact', 'contact_code', 'contact'),
    ('ehr_death', 'cause_code', 'death_cause'),
    ('ehr_drug_administration', 'drug_code', 'drug'),
    ('ehr_drug_administration', 'indication_code', 'drug_indication'),
    ('ehr_drug_administration', 'administration_status', 'administration_status'),
    ('ehr_neuro_finding', 'finding_code', 'neuro_finding'),
    ('ehr_patient', 'sex_code', 'sex'),
    ('ehr_procedure', 'procedure_code', 'procedure'),
    ('ehr_rated_response', 'criteria_code', 'response_criteria'),
    ('ehr_rated_response', 'response_code', 'response_category'),
    ('ehr_therapy_line', 'intent_code', 'line_intent'),
    ('ehr_vasopressor', 'drug_code', 'vasopressor'),
    ('ehr_vital_sign', 'oxygen_device_code', 'oxygen_device'),
    ('lis_fish', 'gene_code', 'fish_gene'),
    ('lis_fish', 'fish_result', 'fish_result'),
    ('lis_flow_cytometry', 'population_code', 'flow_population'),
    ('lis_flow_cytometry', 'specimen_code', 'specimen'),
    ('lis_ihc', 'marker_code', 'ihc_marker'),
    ('lis_lab_result', 'specimen_code', 'specimen'),
    ('lis_ngs', 'gene_code', 'gene'),
    ('lis_ngs', 'ngs_result', 'ngs_result'),
    ('lis_pathology', 'histology_code', 'histology'),
    ('ris_imaging_report', 'modality_code', 'modality'),
    ('ris_imaging_report', 'deauville_code', 'deauville'),
    ('ris_imaging_report', 'uptake_change_code', 'uptake_change'),
    ('ris_imaging_report', 'marrow_code', 'marrow_finding'),
    ('ris_imaging_report', 'nontarget_code', 'nontarget_status'),
    ('ris_imaging_report', 'target_lesions.site_code', 'lesion_site'),
    ('ris_imaging_report', 'target_lesions.lesion_kind', 'lesion_kind'),
    ('ris_imaging_report', 'new_lesions.site_code', 'lesion_site'),
    ('ris_imaging_report', 'new_lesions.lesion_kind', 'lesion_kind'),
]) }}
{%- endmacro %}

{# (table, column or list.field) with a limit of its own in the seed plausible_limit #}
{% macro limited_columns() -%}
{{ return([
    ('ehr_adverse_event', 'toxicity_grade'),
    ('ehr_cart_infusion', 'body_weight_kg'),
    ('ehr_cart_infusion', 'dose_cells'),
    ('ehr_cart_manufacture', 'harvest_cells_per_kg'),
    ('ehr_cart_manufacture', 'transduction_percent'),
    ('ehr_cart_manufacture', 'viability_percent'),
    ('ehr_cart_product', 'generation_no'),
    ('ehr_disease_staging', 'ann_arbor_stage'),
    ('ehr_disease_staging', 'extranodal_sites_count'),
    ('ehr_drug_administration', 'dose_value'),
    ('ehr_ice_score', 'attention_points'),
    ('ehr_ice_score', 'command_points'),
    ('ehr_ice_score', 'naming_points'),
    ('ehr_ice_score', 'orientation_points'),
    ('ehr_ice_score', 'writing_points'),
    ('ehr_performance_status', 'ecog_grade'),
    ('ehr_procedure', 'dose_gy'),
    ('ehr_therapy_line', 'cycles_count'),
    ('ehr_vital_sign', 'oxygen_flow_l_per_min'),
    ('ehr_vital_sign', 'spo2_percent'),
    ('ehr_vital_sign', 'systolic_mmhg'),
    ('ehr_vital_sign', 'temperature_cel'),
    ('lis_ihc', 'positive_percent'),
    ('lis_ngs', 'vaf_percent'),
    ('ris_imaging_report', 'new_lesions.longest_mm'),
    ('ris_imaging_report', 'spleen_length_mm'),
    ('ris_imaging_report', 'suv_max'),
    ('ris_imaging_report', 'target_lesions.ldi_mm'),
    ('ris_imaging_report', 'target_lesions.sdi_mm'),
]) }}
{%- endmacro %}

{# (table, column that says when something happened: later than the delivery it cannot be) #}
{% macro event_columns() -%}
{{ return([
    ('ehr_adverse_event', 'onset_date'),
    ('ehr_adverse_event', 'end_date'),
    ('ehr_cart_consent', 'consented_date'),
    ('ehr_cart_consent', 'collected_date'),
    ('ehr_cart_infusion', 'infused_date'),
    ('ehr_cart_manufacture', 'harvest_date'),
    ('ehr_cart_order', 'ordered_date'),
    ('ehr_clinical_progression', 'progressed_date'),
    ('ehr_contact', 'contact_date'),
    ('ehr_death', 'death_date'),
    ('ehr_diagnosis', 'diagnosed_date'),
    ('ehr_disease_staging', 'assessed_date'),
    ('ehr_drug_administration', 'start_date'),
    ('ehr_ice_score', 'assessed_at'),
    ('ehr_neuro_finding', 'assessed_at'),
    ('ehr_performance_status', 'assessed_date'),
    ('ehr_procedure', 'performed_date'),
    ('ehr_rated_response', 'rated_date'),
    ('ehr_therapy_line', 'start_date'),
    ('ehr_vasopressor', 'started_at'),
    ('ehr_vital_sign', 'measured_at'),
    ('lis_fish', 'collected_at'),
    ('lis_flow_cytometry', 'collected_at'),
    ('lis_ihc', 'collected_at'),
    ('lis_lab_result', 'collected_at'),
    ('lis_ngs', 'collected_at'),
    ('lis_pathology', 'collected_at'),
    ('ris_imaging_report', 'performed_at'),
]) }}
{%- endmacro %}

{# (table, first day, last day) of what lasts #}
{% macro period_columns() -%}
{{ return([
    ('ehr_adverse_event', 'onset_date', 'end_date'),
    ('ehr_drug_administration', 'start_date', 'end_date'),
    ('ehr_procedure', 'performed_date', 'end_date'),
    ('ehr_therapy_line', 'start_date', 'end_date'),
    ('ehr_vasopressor', 'started_date', 'stopped_date'),
]) }}
{%- endmacro %}

{# The list of a coded column. #}
{% macro list_of(table, column) -%}
{%- for its_table, its_column, list_name in coded_columns() if (its_table, its_column) == (table, column) -%}
{{ return(list_name) }}
{%- endfor -%}
{{ exceptions.raise_compiler_error(table ~ '.' ~ column ~ ' is not among coded_columns') }}
{%- endmacro %}

{# The code that the code map gives for what was sent in `value` (the column); null where it has none. #}
{% macro mapped_code(table, column, value=none) -%}
(
        select max(mapping.code)
        from {{ ref('code_map') }} as mapping
        where mapping.table_name = '{{ table }}' and mapping.column_name = '{{ column }}'
            and mapping.sent_code = {{ value or column }}
    )
{%- endmacro %}

{# `value` (the column) as its list knows it: the code that the hospital maps it to, or itself; null when neither is listed. #}
{% macro known_code(table, column, value=none) -%}
{%- set value = value or column -%}
coalesce({{ mapped_code(table, column, value) }}, case
        when {{ value }} in (
            select code from {{ ref('code_list') }} where list_name = '{{ list_of(table, column) }}'
        ) then {{ value }}
    end)
{%- endmacro %}

{# `value` (the column) unless `measure` (the value itself) lies beyond the limit of the seed that makes it unknown; then null.
   A limit with a test_code is for what `measure` says: a dose for the weight, say. #}
{% macro plausible(table, column, value=none, test_code=none, measure=none) -%}
{%- set value = value or column -%}
{%- set measure = measure or value -%}
{%- set limit = "from " ~ ref('plausible_limit') ~ " where action_code = 'unknown' and table_name = '" ~ table
    ~ "' and column_name = '" ~ column ~ "' and test_code " ~ ("= '" ~ test_code ~ "'" if test_code else 'is null') -%}
case
        when {{ measure }} < (select max(low) {{ limit }}) or {{ measure }} > (select min(high) {{ limit }}) then null
        else {{ value }}
    end
{%- endmacro %}

{# `birth_date` when a person born then can have a record that was delivered at delivered_at, else null. #}
{% macro plausible_birth(birth_date) -%}
case
        when {{ birth_date }} <= cast(delivered_at as date)
            and {{ completed_years(birth_date, 'cast(delivered_at as date)') }} <= (
                select max(high) from {{ ref('plausible_limit') }} where table_name = 'ehr_patient' and test_code = 'age'
            ) then {{ birth_date }}
    end
{%- endmacro %}

{# The raw table of a column; of a field inside a list, one row an element. #}
{% macro raw_column(table, column) -%}
{%- if '.' not in column -%}
{{ source('raw', table) }}
{%- else -%}
(select record_id, {{ explode(column.split('.')[0]) }} as element from {{ source('raw', table) }})
{%- endif -%}
{%- endmacro %}

{# A code or unit as it was sent, if it looks like one: at most 24 signs without a blank, and no run of four digits that could be
   somebody's number or a date (a LOINC code may have five). Anything else could be a name: its class only, with the tag
   (identity.sent_text) that tells it from others, or the one that it has already. #}
{% macro shown_code(text, tag='null') -%}
{%- set tagged = "|| coalesce(' ~' || " ~ tag ~ ", '') || ')'" -%}
case
        when {{ text }} = 'no unit' then 'no unit'
        when {{ fully_matches(text, '[0-9]{1,5}-[0-9]') }} then {{ text }}
        when {{ fully_matches(text, '[0-9 ./-]*[0-9]{4,}[0-9 ./-]*') }} then '(number' {{ tagged }}
        when {{ fully_matches(text, '[(](words|number|text) ~[0-9a-f]{16}[)]') }} then {{ text }}
        when {{ text }} like '% %' then '(words' {{ tagged }}
        when not {{ fully_matches(text, '.*[0-9]{4,}.*') }} and {{ fully_matches(text, '[^\\s,;:@"]{1,24}') }} then {{ text }}
        when {{ text }} is not null then '(text' {{ tagged }}
    end
{%- endmacro %}
