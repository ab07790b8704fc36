-- SDTM CP: cell phenotyping by flow cytometry, one row a population and sample. A remark instead of a number stays in the
-- restricted raw record, found by record_id: free text may name somebody.
with observation as (
    select
        flow.usubjid,
        flow.population_code as cptestcd,
        case
            when value.record_id is not null and coalesce(value.problem_code, 'unit_unknown') = 'unit_unknown' then flow.value_text
        end as cporres,
        flow.unit_text as cporresu,
        flow.lloq as cplloq,
        flow.specimen_code as cpspec,
        cast(flow.collected_date as string) as cpdtc,
        flow.record_id
    from {{ ref('stg_lis__flow_cytometry') }} as flow
    left join {{ ref('flow_value') }} as value on flow.record_id = value.record_id
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
