-- Vital signs and oxygen that count as of the build: one row a record.
select
    usubjid,
    vital_id,
    {{ wall_clock_to_utc('measured_at') }} as measured_at,
    cast(measured_at as date) as measured_date,
    {{ plausible('ehr_vital_sign', 'temperature_cel') }} as temperature_cel,
    {{ plausible('ehr_vital_sign', 'systolic_mmhg') }} as systolic_mmhg,
    temperature_cel is not null and {{ plausible('ehr_vital_sign', 'temperature_cel') }} is null as is_temperature_unread,
    is_hypotensive,
    {{ plausible('ehr_vital_sign', 'spo2_percent') }} as spo2_percent,
    {{ known_code('ehr_vital_sign', 'oxygen_device_code') }} as oxygen_device_code,
    {{ plausible('ehr_vital_sign', 'oxygen_flow_l_per_min') }} as oxygen_flow_l_per_min,
    {{ known_code('ehr_vital_sign', 'oxygen_device_code') }} is null
    and (oxygen_device_code is not null or coalesce(oxygen_flow_l_per_min, 0) > 0) as is_oxygen_unread,
    has_other_fever_cause,
    has_other_hypotension_cause,
    has_other_hypoxia_cause,
    record_id
from {{ counted_row('ehr_vital_sign') }}
