-- ICE scores that count as of the build: one row a record.
select
    usubjid,
    ice_id,
    {{ wall_clock_to_utc('assessed_at') }} as assessed_at,
    cast(assessed_at as date) as assessed_date,
    {{ plausible('ehr_ice_score', 'orientation_points') }} as orientation_points,
    {{ plausible('ehr_ice_score', 'naming_points') }} as naming_points,
    {{ plausible('ehr_ice_score', 'command_points') }} as command_points,
    {{ plausible('ehr_ice_score', 'writing_points') }} as writing_points,
    {{ plausible('ehr_ice_score', 'attention_points') }} as attention_points,
    is_arousable,
    has_other_cause,
    record_id
from {{ counted_row('ehr_ice_score') }}
