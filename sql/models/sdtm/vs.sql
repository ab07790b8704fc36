-- SDTM VS: vital signs and oxygen, one row a measurement.
with observation as (
    select
        usubjid,
        'TEMP' as vstestcd,
        cast(temperature_cel as varchar) as vsorres,
        'Cel' as vsorresu,
        cast(measured_date as varchar) as vsdtc,
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where cast(temperature_cel as varchar) is not null
    union all
    select
        usubjid,
        'SYSBP',
        cast(systolic_mmhg as varchar),
        'mm[Hg]',
        cast(measured_date as varchar),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where cast(systolic_mmhg as varchar) is not null
    union all
    select
        usubjid,
        'OXYSAT',
        cast(spo2_percent as varchar),
        '%',
        cast(measured_date as varchar),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where cast(spo2_percent as varchar) is not null
    union all
    select
        usubjid,
        'HYPOTENS',
        cast(is_hypotensive as varchar),
        null,
        cast(measured_date as varchar),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where cast(is_hypotensive as varchar) is not null
    union all
    select
        usubjid,
        'OXYDEV',
        oxygen_device_code,
        null,
        cast(measured_date as varchar),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where oxygen_device_code is not null
    union all
    select
        usubjid,
        'OXYFLOW',
        cast(oxygen_flow_l_per_min as varchar),
        'L/min',
        cast(measured_date as varchar),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where cast(oxygen_flow_l_per_min as varchar) is not null
)

select
    usubjid,
    'VS' as domain,
    cast(row_number() over (partition by usubjid order by measured_at, vstestcd, record_id) as integer) as vsseq,
    vstestcd,
    vsorres,
    vsorresu,
    vsdtc,
    measured_at,
    record_id
from observation
