-- TP53 by sequencing: one row a biopsy report that tested it with success. Any variant makes it mutated.
select
    ngs.usubjid,
    ngs.report_no,
    max(ngs.collected_date) as collected_date,
    max(ngs.collected_at) as collected_at,
    max(case when ngs.ngs_result = 'mutated' then 1 else 0 end) = 1 as is_tp53_mutated,
    coalesce(max(case when ngs.ngs_result = 'mutated' then ngs.record_id end), max(ngs.record_id)) as record_id
from {{ ref('stg_lis__ngs') }} as ngs
cross join {{ source('meta', 'build') }} as build
where ngs.gene_code = 'TP53'
    and ngs.ngs_result in ('mutated', 'wild_type')
    and ngs.collected_date <= build.data_cut_date
group by ngs.usubjid, ngs.report_no
