-- Findings of pathology that a data manager must see. One row a finding and record.
-- double_hit_in_dlbcl_nos: a double or triple hit in a biopsy coded DLBCL NOS, which WHO 2016 calls high-grade B-cell
-- lymphoma. The code is not changed.
-- stain_without_report, probe_without_report, variant_without_report: the biopsy report it belongs to does not count or is not there.
select 'double_hit_in_dlbcl_nos' as finding_code, hit.usubjid, report.record_id,
    case when hit.is_triple_hit then 'triple' else 'double' end as detail_code
from {{ ref('rearrangement') }} as hit
inner join {{ ref('stg_lis__pathology') }} as report on hit.usubjid = report.usubjid and hit.report_no = report.report_no
where hit.is_double_triple_hit and report.histology_code = 'dlbcl_nos'
{% for finding_code, model, detail in [
    ('stain_without_report', 'stg_lis__ihc', 'marker_code'),
    ('probe_without_report', 'stg_lis__fish', 'gene_code'),
    ('variant_without_report', 'stg_lis__ngs', 'gene_code'),
] %}
union all
select '{{ finding_code }}', part.usubjid, part.record_id, part.{{ detail }}
from {{ ref(model) }} as part
left join {{ ref('stg_lis__pathology') }} as report on part.usubjid = report.usubjid and part.report_no = report.report_no
where report.record_id is null
{% endfor %}
