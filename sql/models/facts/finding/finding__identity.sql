-- Findings about which record is whose, and which is one with another. One row a finding and record.
-- unlinked_record: no person is known for its patient number. Remedy: add the number to the patient index.
-- duplicate_content: an order, line, biopsy report or death entered again under a second number: counted once.
-- look_alike: a record that says what another of the person says and is not known to be the same thing: each counts.
-- names_merged_number: it names the second number of such a thing, and counts for the one that stayed.
-- birth_date_conflict, sex_conflict: two medical record numbers of one person differ. The value last written counts; of two
-- written at the same time neither.
select 'unlinked_record' as finding_code, cast(null as string) as usubjid, record_id, table_name as detail_code
from {{ ref('unlinked_record') }}
union all
select 'duplicate_content', usubjid, record_id, table_name
from {{ ref('merged_number') }}
where is_in_force
union all
select 'look_alike', usubjid, record_id, table_name
from {{ ref('look_alike') }}
{% for child, column in [
    ('ehr_drug_administration', 'line_id'),
    ('ehr_cart_infusion', 'order_id'),
    ('ehr_cart_manufacture', 'order_id'),
    ('lis_ihc', 'report_no'),
    ('lis_fish', 'report_no'),
    ('lis_ngs', 'report_no'),
] %}
union all
select 'names_merged_number', counted.usubjid, counted.record_id, '{{ child }}'
from {{ ref('stg_' ~ child[:3] ~ '__' ~ child[4:]) }} as counted
inner join {{ source('raw', child) }} as delivered
    on counted.record_id = delivered.record_id and counted.{{ column }} <> delivered.{{ column }}
{% endfor %}
{% for finding_code, column, value, unknown in [
    ('birth_date_conflict', 'birth_date', plausible_birth('number.birth_date'), "''"),
    ('sex_conflict', 'sex_code', known_code('ehr_patient', 'sex_code', 'number.sex_code'), "'U'"),
] %}
union all
select '{{ finding_code }}', number.usubjid, number.record_id, 'ehr_patient'
from ({{ current_row('ehr_patient', 'mrn') }}) as number
inner join {{ ref('stg_ehr__patient') }} as person on number.usubjid = person.usubjid
where cast({{ value }} as string) <> {{ unknown }}
    and cast({{ value }} as string) <> coalesce(cast(person.{{ column }} as string), {{ unknown }})
{% endfor %}
