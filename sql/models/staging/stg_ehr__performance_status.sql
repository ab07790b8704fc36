-- Performance status that count as of the build: one row a record.
select
    usubjid,
    assessment_id,
    assessed_date,
    {{ plausible('ehr_performance_status', 'ecog_grade') }} as ecog_grade,
    record_id
from {{ counted_row('ehr_performance_status') }}
