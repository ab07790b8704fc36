-- Baseline candidates from the clinic: ECOG performance status and the parts of Ann Arbor staging that were filled in.
-- Flags are 1 and 0 in value_num.
select
    usubjid,
    'ecog_grade' as item,
    cast(ecog_grade as double) as value_num,
    cast(null as string) as value_txt,
    assessed_date as evidence_date,
    cast(null as timestamp) as collected_at,
    assessment_id as source_no,
    'rs' as srcdom,
    record_id
from {{ ref('stg_ehr__performance_status') }}
where ecog_grade is not null
{% for item, value in [
    ('ann_arbor_stage', 'ann_arbor_stage'),
    ('extranodal_sites_count', 'extranodal_sites_count'),
    ('is_marrow_involved', 'case when is_marrow_involved then 1 when not is_marrow_involved then 0 end'),
    ('is_cns_involved', 'case when is_cns_involved then 1 when not is_cns_involved then 0 end'),
] %}
union all
select usubjid, '{{ item }}', cast({{ value }} as double), null, assessed_date, null, staging_id, 'rs', record_id
from {{ ref('stg_ehr__disease_staging') }}
where {{ item }} is not null
{% endfor %}
