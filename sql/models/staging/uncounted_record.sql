-- Records that are there but do not count: of a patient number without link, or repeating the content of another record.
{% for table in [
    'lis_lab_result', 'lis_flow_cytometry', 'lis_pathology', 'lis_ihc', 'lis_fish', 'lis_ngs', 'ris_imaging_report',
    'ehr_patient', 'ehr_diagnosis', 'ehr_therapy_line', 'ehr_drug_administration', 'ehr_procedure', 'ehr_cart_consent',
    'ehr_cart_order', 'ehr_cart_manufacture', 'ehr_cart_infusion', 'ehr_performance_status', 'ehr_disease_staging',
    'ehr_clinical_progression', 'ehr_vital_sign', 'ehr_vasopressor', 'ehr_ice_score', 'ehr_neuro_finding',
    'ehr_adverse_event', 'ehr_contact', 'ehr_death'
] %}
{{ uncounted_row(table, 'stg_' ~ table[:3] ~ '__' ~ table[4:]) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
