-- Adverse events that count as of the build: one row a record.
select
    usubjid,
    event_id,
    term_code,
    toxicity_grade,
    onset_date,
    end_date,
    attribution_code,
    record_id
from {{ counted_row('ehr_adverse_event') }}
