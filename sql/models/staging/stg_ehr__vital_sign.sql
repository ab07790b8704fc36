-- Vital signs and oxygen that count as of the build: one row a record.
select
    usubjid,
    vital_id,
    {{ wall_clock_to_utc('measured_at') }} as measured_at,
    cast(measured_at as date) as measured_date,
    temperature_cel,
    systolic_mmhg,
    is_hypotensive,
    spo2_percent,
    oxygen_device_code,
    oxygen_flow_l_per_min,
    has_other_fever_cause,
    record_id
from {{ counted_row('ehr_vital_sign') }}
