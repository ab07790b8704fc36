-- Patient index that counts as of the build: one row a link between a system and a person, without the numbers.
select link.link_id, link.system_code, person.usubjid, link.record_id
from ({{ current_row('ehr_patient_link', none) }}) as link
left join {{ source('identity', 'patient_map') }} as person
    on person.system_code = link.system_code and person.local_patient_no = link.local_patient_no
