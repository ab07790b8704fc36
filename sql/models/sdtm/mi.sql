-- SDTM MI: microscopic findings, one row a diagnosis or stain of a biopsy.
with observation as (
    select
        usubjid,
        'HISTOLOGY' as mitestcd,
        histology_code as miorres,
        null as miorresu,
        report_no as mirefid,
        cast(collected_date as string) as midtc,
        record_id
    from {{ ref('stg_lis__pathology') }}
    union all
    select
        usubjid,
        marker_code,
        {{ number_text('positive_percent') }},
        '%',
        report_no,
        cast(collected_date as string),
        record_id
    from {{ ref('stg_lis__ihc') }}
)

select
    usubjid,
    'MI' as domain,
    cast(row_number() over (partition by usubjid order by midtc, mitestcd, record_id) as integer) as miseq,
    mitestcd,
    miorres,
    miorresu,
    mirefid,
    midtc,
    record_id
from observation
