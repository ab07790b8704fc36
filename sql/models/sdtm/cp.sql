-- SDTM CP: cell phenotyping by flow cytometry, one row a population and sample. A remark instead of a number stays in the
-- restricted raw record, found by record_id: free text may name somebody.
with observation as (
    select
        usubjid,
        population_code as cptestcd,
        case
            when {{ reported_number('value_text') }} is not null then value_text
        end as cporres,
        unit_text as cporresu,
        lloq as cplloq,
        specimen_code as cpspec,
        cast(collected_date as varchar) as cpdtc,
        record_id
    from {{ ref('stg_lis__flow_cytometry') }}
)

select
    usubjid,
    'CP' as domain,
    cast(row_number() over (partition by usubjid order by cpdtc, cptestcd, record_id) as integer) as cpseq,
    cptestcd,
    cporres,
    cporresu,
    cplloq,
    cpspec,
    cpdtc,
    record_id
from observation
