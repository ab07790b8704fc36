-- Rated responses that count as of the build: one row a record.
select
    usubjid,
    rating_id,
    rated_date,
    {{ known_code('ehr_rated_response', 'response_code') }} as response_code,
    {{ known_code('ehr_rated_response', 'criteria_code') }} as criteria_code,
    record_id
from {{ counted_row('ehr_rated_response') }}
