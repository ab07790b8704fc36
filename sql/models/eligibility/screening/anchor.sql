-- The days from which baselines are counted, one row a patient and anchor that is known. A time zero is never imputed.
select usubjid, 'cd19_infusion' as anchor, infused_date as anchor_date, cast(null as varchar) as adtf, course_id, record_id
from {{ ref('index_infusion') }}
union all
select usubjid, 'cd19_failure', failure_date, adtf, course_id, record_id
from {{ ref('index_infusion') }}
where failure_date is not null
union all
select usubjid, 'first_salvage_dose', min(start_date), cast(null as varchar), cast(null as varchar), min(record_id)
from {{ ref('therapy_after_failure') }}
group by usubjid
union all
select usubjid, 'time_zero', start_date, adtf, usubjid || ':' || cast(start_date as varchar), record_id
from {{ ref('index_therapy') }}
where adtf is null
