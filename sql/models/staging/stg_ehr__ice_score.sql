-- ICE scores that count as of the build: one row a record.
select
    usubjid,
    ice_id,
    {{ wall_clock_to_utc('assessed_at') }} as assessed_at,
    cast(assessed_at as date) as assessed_date,
    orientation_points,
    naming_points,
    command_points,
    writing_points,
    attention_points,
    is_arousable,
    record_id
from {{ counted_row('ehr_ice_score') }}
