-- Dated facts that were measured or examined: biopsies, every baseline candidate under its own name, laboratory values.
select {{ dated_columns({
    'fact': "'biopsy'",
    'fact_date': 'collected_date',
    'value_txt': 'histology_code',
    'source_id': 'report_no',
    'collected_at': 'collected_at',
    'srcdom': "'mi'",
    'srcvar': "'midtc'",
}) }}
from {{ ref('stg_lis__pathology') }}
where collected_date is not null
union all
select {{ dated_columns({
    'fact': 'item',
    'order_no': 'seq',
    'fact_date': 'evidence_date',
    'value_num': 'value_num',
    'value_txt': 'value_txt',
    'collected_at': 'collected_at',
    'srcdom': 'srcdom',
    'srcvar': "srcdom || 'dtc'",
}) }}
from {{ ref('baseline_candidate') }}
union all
select {{ dated_columns({
    'fact': "'lab_' || lower(lbtestcd)",
    'order_no': 'seq',
    'fact_date': 'collected_date',
    'value_num': 'value',
    'value_txt': "nullif(comparator, '=')",
    'collected_at': 'collected_at',
    'srcdom': "'lb'",
    'srcvar': "'lbdtc'",
}) }}
from {{ ref('lab_value') }}
