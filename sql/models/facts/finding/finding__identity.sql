-- Findings about which record is whose. One row a finding and record.
-- unlinked_record: no person is known for its patient number. Remedy: add the number to the patient index.
-- duplicate_content: it repeats another record of the patient under a second number. Counted once.
-- birth_date_conflict: two medical record numbers of one person carry different birth dates. The row last written counts.
select 'unlinked_record' as finding_code, cast(null as varchar) as usubjid, record_id, table_name as detail_code
from {{ ref('unlinked_record') }}
union all
select 'duplicate_content', usubjid, record_id, table_name
from {{ ref('duplicate_content') }}
where table_name <> 'ehr_patient'
union all
select 'birth_date_conflict', other.usubjid, other.record_id, 'ehr_patient'
from {{ ref('duplicate_content') }} as other
inner join {{ source('raw', 'ehr_patient') }} as other_row on other.record_id = other_row.record_id
inner join {{ ref('stg_ehr__patient') }} as counted on other.usubjid = counted.usubjid
where other.table_name = 'ehr_patient'
    and other_row.birth_date <> counted.birth_date
