-- SDTM FT: items of the ICE score, one row an item that was scored.
with observation as (
    select
        usubjid,
        'ICEORI' as fttestcd,
        orientation_points as ftstresn,
        cast(assessed_date as string) as ftdtc,
        assessed_at,
        record_id
    from {{ ref('stg_ehr__ice_score') }}
    where orientation_points is not null
    union all
    select
        usubjid,
        'ICENAM',
        naming_points,
        cast(assessed_date as string),
        assessed_at,
        record_id
    from {{ ref('stg_ehr__ice_score') }}
    where naming_points is not null
    union all
    select
        usubjid,
        'ICECOM',
        command_points,
        cast(assessed_date as string),
        assessed_at,
        record_id
    from {{ ref('stg_ehr__ice_score') }}
    where command_points is not null
    union all
    select
        usubjid,
        'ICEWRI',
        writing_points,
        cast(assessed_date as string),
        assessed_at,
        record_id
    from {{ ref('stg_ehr__ice_score') }}
    where writing_points is not null
    union all
    select
        usubjid,
        'ICEATT',
        attention_points,
        cast(assessed_date as string),
        assessed_at,
        record_id
    from {{ ref('stg_ehr__ice_score') }}
    where attention_points is not null
)

select
    usubjid,
    'FT' as domain,
    cast(row_number() over (partition by usubjid order by assessed_at, fttestcd, record_id) as integer) as ftseq,
    fttestcd,
    ftstresn,
    ftdtc,
    assessed_at,
    record_id
from observation
