-- The records that decided each start of antineoplastic therapy, one row a start and record: the line or procedure, the doses
-- of its first day, every bag of a course of cells.
select therapy.usubjid, therapy.therapy_id, therapy.record_id as therapy_record_id, therapy.record_id, therapy.kind as role
from {{ ref('therapy') }} as therapy
where therapy.kind <> 'cart'
union
select therapy.usubjid, therapy.therapy_id, therapy.record_id, dose.record_id, 'first dose'
from {{ ref('therapy') }} as therapy
inner join {{ ref('antineoplastic_dose') }} as dose
    on therapy.usubjid = dose.usubjid
    and therapy.therapy_id = 'line:' || dose.line_id
    and therapy.start_date = dose.dose_date
union
select therapy.usubjid, therapy.therapy_id, therapy.record_id, bag.record_id, 'infusion'
from {{ ref('therapy') }} as therapy
inner join {{ ref('cart_source') }} as bag on therapy.usubjid = bag.usubjid and therapy.record_id = bag.course_record_id
where therapy.kind = 'cart' and bag.role = 'infusion'
