-- SDTM NV: neurological findings, one row a finding.
with observation as (
    select
        usubjid,
        finding_code as nvtestcd,
        case when is_attributed then 'Y' when not is_attributed then 'N' end as nvrel,
        cast(assessed_date as string) as nvdtc,
        assessed_at,
        record_id
    from {{ ref('stg_ehr__neuro_finding') }}
)

select
    usubjid,
    'NV' as domain,
    cast(row_number() over (partition by usubjid order by assessed_at, nvtestcd, record_id) as integer) as nvseq,
    nvtestcd,
    nvrel,
    nvdtc,
    assessed_at,
    record_id
from observation
