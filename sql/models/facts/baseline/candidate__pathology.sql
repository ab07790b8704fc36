-- Baseline candidates from pathology: histology, cell of origin, rearrangements, TP53, CD19 and CD20 on the tumour.
-- What a report leaves unknown is no candidate: an older report that knows it still counts. Its histology is one always: a
-- diagnosis that nobody understands is unknown, and an older one does not stand in for it; nor does anybody know which of two
-- reports of one moment is right that say different things. Flags are 1 and 0 in value_num.
select
    report.usubjid,
    'histology_code' as item,
    cast(null as double) as value_num,
    {{ said_alike('report.histology_code', 'partition by report.usubjid, report.collected_at') }} as value_txt,
    report.collected_date as evidence_date,
    report.collected_at,
    report.report_no as source_no,
    'mi' as srcdom,
    report.record_id
from {{ ref('stg_lis__pathology') }} as report
cross join {{ source('meta', 'build') }} as build
where report.collected_date <= build.data_cut_date
union all
select usubjid, 'coo_code', null, {{ said_alike('coo_code', 'partition by usubjid, collected_at') }}, collected_date, collected_at, report_no, 'mi', record_id
from {{ ref('coo') }}
union all
select usubjid, 'is_double_triple_hit', case when is_double_triple_hit then 1 else 0 end, null, collected_date, collected_at,
    report_no, 'gf', record_id
from {{ ref('rearrangement') }}
where is_double_triple_hit is not null
union all
select usubjid, 'is_tp53_mutated', case when is_tp53_mutated then 1 else 0 end, null, collected_date, collected_at, report_no, 'gf',
    record_id
from {{ ref('tp53') }}
union all
select usubjid, lower(antigen_code) || '_percent', positive_percent, nullif(comparator, '='), collected_date, collected_at, record_id, 'mi', record_id
from {{ ref('antigen_expression') }}
union all
select usubjid, lower(antigen_code) || '_status_code', null, status_code, collected_date, collected_at, status_record_id, 'mi',
    status_record_id
from {{ ref('antigen_expression') }}
