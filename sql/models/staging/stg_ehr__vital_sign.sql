-- Vital signs and oxygen that count as of the build: one row a record.
select
    usubjid,
    vital_id,
    {{ wall_clock_to_utc('measured_at') }} as measured_at,
    cast(measured_at as date) as measured_date,
    {{ plausible('ehr_vital_sign', 'temperature_cel') }} as temperature_cel,
    {{ plausible('ehr_vital_sign', 'systolic_mmhg') }} as systolic_mmhg,
    is_hypotensive,
    {{ plausible('ehr_vital_sign', 'spo2_percent') }} as spo2_percent,
    {{ known_code('oxygen_device_code', 'oxygen_device') }} as oxygen_device_code,
    {{ plausible('ehr_vital_sign', 'oxygen_flow_l_per_min') }} as oxygen_flow_l_per_min,
    has_other_fever_cause,
    has_other_hypotension_cause,
    has_other_hypoxia_cause,
    record_id
from {{ counted_row('ehr_vital_sign') }}
