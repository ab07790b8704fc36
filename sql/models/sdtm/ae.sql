-- SDTM AE: adverse events as recorded and graded by the clinician (CTCAE terms; CRS and ICANS by ASTCT), one row each.
with observation as (
    select
        usubjid,
        term_code as aeterm,
        toxicity_grade as aetoxgr,
        attribution_code as aerel,
        onset_date as aestdtc,
        end_date as aeendtc,
        record_id
    from {{ ref('stg_ehr__adverse_event') }}
)

select
    usubjid,
    'AE' as domain,
    cast(row_number() over (partition by usubjid order by aestdtc, aeterm, record_id) as integer) as aeseq,
    aeterm,
    aetoxgr,
    aerel,
    aestdtc,
    aeendtc,
    record_id
from observation
