{# Which of the versions ever delivered of a record counts as of the build, and for whom.
   last_version     versions -> the last one of each record, whether or not it is still in force
   current_row      ... those in force: linked or not
   counted_row      ... of linked records: what the staging model of an event selects from
   counted_thing    ... the same for things, without those merged into another (kinds: record_kind.sql)
   parent_number    the number of a thing that a record names, followed to the one that counts #}

{# Name of the key column of a feed table. #}
{% macro record_key(table) -%}
{{ return(record_kinds()[table].key) }}
{%- endmacro %}

{# Of each record the last version: of a file the highest one that is not preliminary, of an EHR row the one that the source
   showed last (its delivered_at rises with every state shown, also when a row is set back to an older updated_at).
   is_in_force: not cancelled, withdrawn or deleted. `patient` is the column with the local patient number (none: the table
   has no patients); `usubjid` is null where the number has no link. #}
{% macro last_version(table, patient) -%}
{%- set feed = table[:3] -%}
{%- set status = {'lis': 'result_status', 'ris': 'report_status', 'ehr': 'row_status'}[feed] -%}
{%- set order = 'updated_at' if feed == 'ehr' else 'version_no' -%}
select
    version.*,
    version.{{ status }} not in ('cancelled', 'withdrawn') and not version.is_deleted as is_in_force{% if patient %},
    link.usubjid{% endif %}
from (
    select
        delivered.*,
        build.hospital_zone,
        row_number() over (
            partition by delivered.{{ record_key(table) }}
            order by
                {% if feed != 'ehr' %}delivered.{{ order }} desc,{% endif %}
                delivered.delivered_at desc,
                {% if feed == 'ehr' %}delivered.{{ order }} desc,{% endif %}
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
{%- endmacro %}

{% macro current_row(table, patient) -%}
select * from ({{ last_version(table, patient) }}) as last_one where is_in_force
{%- endmacro %}

{% macro counted_row(table) -%}
(
    select * from ({{ current_row(table, patient_column(table)) }}) as linked where usubjid is not null
) as counted
{%- endmacro %}

{% macro counted_thing(table) -%}
(
    select linked.*
    from ({{ current_row(table, patient_column(table)) }}) as linked
    left join {{ ref('merged_number') }} as merged
        on merged.table_name = '{{ table }}' and merged.record_id = linked.record_id
    where linked.usubjid is not null and merged.record_id is null
) as counted
{%- endmacro %}

{# Joins to the rows `counted` the number that counts in place of the one they name in `column`; read it as
   `coalesce(parent.counted_no, <column>)`. #}
{% macro parent_number(table, column) -%}
left join (
    select usubjid as parent_usubjid, merged_no, counted_no from {{ ref('merged_number') }} where table_name = '{{ table }}'
) as parent
    on counted.usubjid = parent.parent_usubjid and counted.{{ column }} = parent.merged_no
{%- endmacro %}

{# The column that holds the local patient number of a feed. #}
{% macro patient_column(table) -%}
{{ return({'lis': 'lis_patient_no', 'ris': 'ris_patient_no', 'ehr': 'mrn'}[table[:3]]) }}
{%- endmacro %}
