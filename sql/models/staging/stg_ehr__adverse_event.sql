-- Adverse events that count as of the build: one row a record.
select
    usubjid,
    event_id,
    {{ known_code('ehr_adverse_event', 'term_code') }} as term_code,
    {{ plausible('ehr_adverse_event', 'toxicity_grade') }} as toxicity_grade,
    onset_date,
    end_date,
    {{ known_code('ehr_adverse_event', 'attribution_code') }} as attribution_code,
    record_id
from {{ counted_row('ehr_adverse_event') }}
