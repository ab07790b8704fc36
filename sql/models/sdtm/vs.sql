-- SDTM VS: vital signs and oxygen, one row a measurement.
with observation as (
    select
        usubjid,
        'TEMP' as vstestcd,
        {{ number_text('temperature_cel') }} as vsorres,
        'Cel' as vsorresu,
        cast(measured_date as string) as vsdtc,
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where temperature_cel is not null
    union all
    select
        usubjid,
        'SYSBP',
        {{ number_text('systolic_mmhg') }},
        'mm[Hg]',
        cast(measured_date as string),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where systolic_mmhg is not null
    union all
    select
        usubjid,
        'OXYSAT',
        {{ number_text('spo2_percent') }},
        '%',
        cast(measured_date as string),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where spo2_percent is not null
    union all
    select
        usubjid,
        'HYPOTENS',
        cast(is_hypotensive as string),
        null,
        cast(measured_date as string),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where cast(is_hypotensive as string) is not null
    union all
    select
        usubjid,
        'OXYDEV',
        oxygen_device_code,
        null,
        cast(measured_date as string),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where oxygen_device_code is not null
    union all
    select
        usubjid,
        'OXYFLOW',
        {{ number_text('oxygen_flow_l_per_min') }},
        'L/min',
        cast(measured_date as string),
        measured_at,
        record_id
    from {{ ref('stg_ehr__vital_sign') }}
    where oxygen_flow_l_per_min is not null
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
