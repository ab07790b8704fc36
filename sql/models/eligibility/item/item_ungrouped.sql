-- Every item of a screened subject that does not depend on the groups, so that groups can be made of it.
select usubjid, item, value_num, value_txt, value_date, comparator, low_num, high_num, evidence_date, record_id, reason
from {{ ref('item__direct') }}
union all
select usubjid, item, value_num, value_txt, null, case when value_num is not null then '=' end, low_num, high_num, evidence_date,
    record_id, null
from {{ ref('item__derived') }}
