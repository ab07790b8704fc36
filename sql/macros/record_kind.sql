{# What the records of every feed table are, and what they say: the one list behind staging, findings and their tests.
   key       names a record
   content   what it says of its patient: every column but those that name or version a record
   kind      event     repeatable: each number counts, however alike two records are; a look-alike is a finding
             thing     other records name it, or there is one by nature (a death): entered twice it is one under two numbers,
                       provided that all of its `identity` is known (merged_number); with less known both stay
             person    united attribute by attribute (stg_ehr__patient)
             register  the patient index and the catalogue of products: nothing in them tells two products of one construct
                       from one product entered twice, so both stay
   identity  of a thing: what must be known, and equal, for two records to be one (columns of the record; drug_codes are the
             drugs given in a line). What may change while the thing stays the same is not in it: status, cycles, end
   enough    of a thing: what else must hold for that to suffice
   prefer    of a thing: the order that picks the record which stays; of equals the lowest key #}
{% macro record_kinds() -%}
{%- set kinds = {
    'lis_lab_result': {'key': 'result_no', 'kind': 'event', 'content': [
        'loinc_code', 'local_code', 'value_text', 'unit_text', 'reference_low', 'reference_high', 'specimen_code',
        'collected_at']},
    'lis_flow_cytometry': {'key': 'measurement_no', 'kind': 'event', 'content': [
        'population_code', 'value_text', 'unit_text', 'lloq', 'specimen_code', 'collected_at']},
    'lis_pathology': {'key': 'report_no', 'kind': 'thing', 'content': [
        'histology_code', 'specimen_site', 'collected_at'],
        'identity': ['histology_code', 'lower(' ~ trimmed('specimen_site') ~ ')', 'collected_at']},
    'lis_ihc': {'key': 'stain_no', 'kind': 'event', 'content': [
        'report_no', 'marker_code', 'positive_percent', 'collected_at']},
    'lis_fish': {'key': 'probe_no', 'kind': 'event', 'content': [
        'report_no', 'gene_code', 'fish_result', 'collected_at']},
    'lis_ngs': {'key': 'variant_no', 'kind': 'event', 'content': [
        'report_no', 'gene_code', 'ngs_result', 'hgvs_text', 'vaf_percent', 'collected_at']},
    'ris_imaging_report': {'key': 'report_no', 'kind': 'event', 'content': [
        'modality_code', 'performed_at', 'is_evaluable', 'deauville_code', 'uptake_change_code', 'suv_max',
        'marrow_code', 'spleen_length_mm', 'nontarget_code', 'target_lesions', 'new_lesions']},
    'ehr_patient_link': {'key': 'link_id', 'kind': 'register', 'content': ['system_code']},
    'ehr_patient': {'key': 'mrn', 'kind': 'person', 'content': ['sex_code']},
    'ehr_diagnosis': {'key': 'diagnosis_id', 'kind': 'event', 'content': ['icd10_code', 'diagnosed_date']},
    'ehr_therapy_line': {'key': 'line_id', 'kind': 'thing', 'content': [
        'intent_code', 'regimen_name', 'cycles_count', 'start_date', 'end_date'],
        'identity': ['intent_code', 'start_date', 'coalesce(lower(' ~ trimmed('regimen_name') ~ '), drug_codes)'],
        'enough': 'length(start_date) = 10',
        'prefer': 'cycles_count desc nulls last, end_date desc nulls last'},
    'ehr_drug_administration': {'key': 'administration_id', 'kind': 'event', 'content': [
        'line_id', 'drug_code', 'dose_value', 'dose_unit', 'indication_code', 'administration_status', 'start_date',
        'end_date']},
    'ehr_procedure': {'key': 'procedure_id', 'kind': 'event', 'content': [
        'procedure_code', 'performed_date', 'end_date', 'dose_gy']},
    'ehr_cart_product': {'key': 'product_code', 'kind': 'register', 'content': [
        'target_antigen', 'scfv_origin', 'generation_no', 'costimulatory_domain', 'signalling_domain']},
    'ehr_cart_consent': {'key': 'consent_id', 'kind': 'event', 'content': [
        'product_code', 'consented_date', 'collected_date']},
    'ehr_cart_order': {'key': 'order_id', 'kind': 'thing', 'content': [
        'product_code', 'ordered_date', 'order_status'],
        'identity': ['product_code', 'ordered_date'],
        'prefer': "case order_status when 'completed' then 0 when 'open' then 1 else 2 end"},
    'ehr_cart_manufacture': {'key': 'batch_no', 'kind': 'event', 'content': [
        'order_id', 'harvest_date', 'harvest_cells_per_kg', 'transduction_percent', 'viability_percent']},
    'ehr_cart_infusion': {'key': 'infusion_id', 'kind': 'event', 'content': [
        'order_id', 'product_code', 'infused_date', 'dose_cells', 'body_weight_kg']},
    'ehr_performance_status': {'key': 'assessment_id', 'kind': 'event', 'content': ['assessed_date', 'ecog_grade']},
    'ehr_disease_staging': {'key': 'staging_id', 'kind': 'event', 'content': [
        'assessed_date', 'ann_arbor_stage', 'extranodal_sites_count', 'is_marrow_involved', 'is_cns_involved']},
    'ehr_clinical_progression': {'key': 'progression_id', 'kind': 'event', 'content': ['progressed_date']},
    'ehr_rated_response': {'key': 'rating_id', 'kind': 'event', 'content': ['rated_date', 'response_code', 'criteria_code']},
    'ehr_vital_sign': {'key': 'vital_id', 'kind': 'event', 'content': [
        'measured_at', 'temperature_cel', 'systolic_mmhg', 'is_hypotensive', 'spo2_percent', 'oxygen_device_code',
        'oxygen_flow_l_per_min', 'has_other_fever_cause', 'has_other_hypotension_cause', 'has_other_hypoxia_cause']},
    'ehr_vasopressor': {'key': 'vasopressor_id', 'kind': 'event', 'content': ['drug_code', 'started_at', 'stopped_at', 'has_other_cause']},
    'ehr_ice_score': {'key': 'ice_id', 'kind': 'event', 'content': [
        'assessed_at', 'orientation_points', 'naming_points', 'command_points', 'writing_points', 'attention_points',
        'is_arousable', 'has_other_cause']},
    'ehr_neuro_finding': {'key': 'finding_id', 'kind': 'event', 'content': [
        'assessed_at', 'finding_code', 'is_attributed']},
    'ehr_adverse_event': {'key': 'event_id', 'kind': 'event', 'content': [
        'term_code', 'toxicity_grade', 'onset_date', 'end_date', 'attribution_code']},
    'ehr_contact': {'key': 'contact_id', 'kind': 'event', 'content': ['contact_date', 'contact_code']},
    'ehr_death': {'key': 'death_id', 'kind': 'thing', 'content': ['death_date', 'cause_code'],
        'identity': ['death_date'],
        'prefer': "case when coalesce(cause_code, 'unknown') = 'unknown' then 1 else 0 end"},
} -%}
{{ return(kinds) }}
{%- endmacro %}

{# The names of the feed tables of one kind. #}
{% macro tables_of_kind(kind) -%}
{%- set names = [] -%}
{%- for table, what in record_kinds().items() if what.kind == kind -%}
{%- do names.append(table) -%}
{%- endfor -%}
{{ return(names) }}
{%- endmacro %}
