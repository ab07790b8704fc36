-- Findings of deaths and contacts that cannot both be right. One row a finding and record. What is said of a death here is
-- said of the record; which of them counts is in death_record.
-- death_before_contact, fatal_event_before_contact: the death, as precisely as it is known, lies before a dated contact (a
-- visit, an infusion). The death stands.
-- death_before_therapy: it lies before the start of a therapy. The death stands: an event on the first day of that course.
-- death_date_conflict: death records of a patient that exclude each other ("2021-03" and "2021-03-20" do not).
-- fatal_event_date_differs: a fatal adverse event that did not end when the death record has it.
-- fatal_event_without_death: a fatal adverse event of a patient without a death record. It is taken as the death.
with record as (
    select * from {{ ref('death_record') }}
),

excluded as (
    select distinct one.record_id
    from record as one
    inner join record as other
        on one.usubjid = other.usubjid
        and one.srcdom = other.srcdom
        and (one.latest_date < other.earliest_date or one.earliest_date > other.latest_date)
)

select
    'death_before_contact' as finding_code,
    record.usubjid,
    record.record_id,
    last_contact.srcdom as detail_code
from record
inner join {{ ref('last_contact') }} as last_contact on record.usubjid = last_contact.usubjid
where record.srcdom = 'ds' and record.latest_date < last_contact.contact_date
union all
select 'fatal_event_before_contact', record.usubjid, record.record_id, last_contact.srcdom
from record
inner join {{ ref('last_contact') }} as last_contact on record.usubjid = last_contact.usubjid
where record.srcdom = 'ae' and record.is_counted and record.latest_date < last_contact.contact_date
union all
select distinct 'death_before_therapy', record.usubjid, record.record_id, cast(null as string)
from record
inner join {{ ref('therapy') }} as therapy on record.usubjid = therapy.usubjid
where record.is_counted and record.latest_date < therapy.start_date
union all
select 'death_date_conflict', record.usubjid, record.record_id, record.cause_code
from record
inner join excluded on record.record_id = excluded.record_id
where record.srcdom = 'ds'
union all
select 'fatal_event_date_differs', event.usubjid, event.record_id, cast(null as string)
from record as event
inner join record as death on event.usubjid = death.usubjid and death.srcdom = 'ds' and death.is_counted
where event.srcdom = 'ae'
    and (event.latest_date < death.earliest_date or event.earliest_date > death.latest_date)
union all
select 'fatal_event_without_death', usubjid, record_id, cause_code
from record
where srcdom = 'ae' and is_counted
