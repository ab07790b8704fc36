-- Drug classes of every start of antineoplastic therapy, one row a therapy and class: of a line the classes of all its given
-- drugs; CAR-T infusions by target; radiotherapy and transplants by their name; a drug under trial by the intent, too.
select distinct usubjid, 'line:' || line_id as therapy_id, class_code
from {{ ref('antineoplastic_dose') }}
where line_id is not null and class_code is not null
union all
select usubjid, therapy_id, case when kind in ('radiotherapy', 'transplant') then kind else class_codes end
from {{ ref('therapy') }}
where kind <> 'line' and (kind in ('radiotherapy', 'transplant') or class_codes is not null)
union
select usubjid, therapy_id, 'trial'
from {{ ref('therapy') }}
where intent_code = 'trial'
