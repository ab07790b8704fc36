-- Records whose patient number has no link in the patient index: kept, and shown as findings.
select table_name, record_id
from {{ ref('uncounted_record') }}
where usubjid is null
