-- Records that repeat the content of another record of the patient under a second number: counted once.
select table_name, record_id, usubjid
from {{ ref('uncounted_record') }}
where usubjid is not null
