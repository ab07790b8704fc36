{# Which of the versions ever delivered of a record counts as of the build. Three steps, used in this order:
   current_row      versions -> the one that counts, linked or not
   current_version  ... of linked records, the same content counted once (this is what a staging model selects from)
   uncounted_row    what the step above left out, for the findings. #}

{# Name of the key column of each feed table. #}
{% macro record_key(table) -%}
{%- set keys = {
    'lis_lab_result': 'result_no', 'lis_flow_cytometry': 'measurement_no', 'lis_pathology': 'report_no',
    'lis_ihc': 'stain_no', 'lis_fish': 'probe_no', 'lis_ngs': 'variant_no', 'ris_imaging_report': 'report_no',
    'ehr_patient_link': 'link_id', 'ehr_patient': 'mrn', 'ehr_diagnosis': 'diagnosis_id',
    'ehr_therapy_line': 'line_id', 'ehr_drug_administration': 'administration_id', 'ehr_procedure': 'procedure_id',
    'ehr_cart_product': 'product_code', 'ehr_cart_consent': 'consent_id', 'ehr_cart_order': 'order_id',
    'ehr_cart_manufacture': 'batch_no', 'ehr_cart_infusion': 'infusion_id',
    'ehr_performance_status': 'assessment_id', 'ehr_disease_staging': 'staging_id',
    'ehr_clinical_progression': 'progression_id', 'ehr_vital_sign': 'vital_id', 'ehr_vasopressor': 'vasopressor_id',
    'ehr_ice_score': 'ice_id', 'ehr_neuro_finding': 'finding_id', 'ehr_adverse_event': 'event_id',
    'ehr_contact': 'contact_id', 'ehr_death': 'death_id',
} -%}
{{ return(keys[table]) }}
{%- endmacro %}

{# Of each record the version that counts: of a file the highest version that is not preliminary, of an EHR row the
   last one written; cancelled, withdrawn and deleted records are gone. `patient` is the column with the local
   patient number (none: the table has no patients); `usubjid` is null where the number has no link. #}
{% macro current_row(table, patient) -%}
{%- set feed = table[:3] -%}
{%- set version, status = {
    'lis': ('version_no', 'result_status'), 'ris': ('version_no', 'report_status'), 'ehr': ('updated_at', 'row_status')
}[feed] -%}
select
    version.*{% if patient %},
    link.usubjid{% endif %}
from (
    select
        delivered.*,
        build.hospital_zone,
        row_number() over (
            partition by delivered.{{ record_key(table) }}
            order by
                delivered.{{ version }} desc,
                delivered.delivered_at desc,
                delivered.source_line desc nulls last,
                delivered.record_id
        ) as recency
    from {{ source('raw', table) }} as delivered
    cross join {{ source('meta', 'build') }} as build
    where delivered.delivered_at <= build.as_of_at
        and delivered.{{ status }} <> 'preliminary'
) as version
{%- if patient %}
left join {{ source('identity', 'patient_map') }} as link
    on link.system_code = '{{ feed }}' and link.local_patient_no = version.{{ patient }}
{%- endif %}
where version.recency = 1
    and version.{{ status }} not in ('cancelled', 'withdrawn')
    and not version.is_deleted
{%- endmacro %}

{# The counting version of linked records. Records of one patient with equal `content` columns count once, under the
   lowest key: the same content sent twice under two numbers is one observation. #}
{% macro current_version(table, content) -%}
(
    select *
    from (
        select
            linked.*,
            row_number() over (
                partition by usubjid, {{ content | join(', ') }} order by {{ record_key(table) }}
            ) as occurrence
        from ({{ current_row(table, patient_column(table)) }}) as linked
        where usubjid is not null
    ) as numbered
    where occurrence = 1
) as counted
{%- endmacro %}

{# The column that holds the local patient number of a feed. #}
{% macro patient_column(table) -%}
{{ return({'lis': 'lis_patient_no', 'ris': 'ris_patient_no', 'ehr': 'mrn'}[table[:3]]) }}
{%- endmacro %}

{# Records of `table` that have a counting version but no row in its staging model `model`: not linked to a person
   (usubjid null), or content that another record already has. #}
{% macro uncounted_row(table, model) -%}
select '{{ table }}' as table_name, current_row.record_id, current_row.usubjid
from ({{ current_row(table, patient_column(table)) }}) as current_row
left join {{ ref(model) }} as counted on counted.record_id = current_row.record_id
where counted.record_id is null
{%- endmacro %}
