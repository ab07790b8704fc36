-- Cell of origin by the Hans algorithm: one row a biopsy report that decides it. From which share of cells a marker is positive:
-- standards.stain_limit.
-- CD10+: gcb. CD10-: BCL6- non_gcb; BCL6+ and MUM1- gcb; BCL6+ and MUM1+ non_gcb. A needed marker missing: not evaluable, no row.
-- record_id: the stain that decided.
with marker as (
    select
        stain.usubjid,
        stain.report_no,
        max(stain.collected_date) as collected_date,
        max(stain.collected_at) as collected_at,
        max(case when stain.marker_code = 'CD10' then stain.positive_percent - cutoff.positive_min_percent end) >= 0 as is_cd10_positive,
        max(case when stain.marker_code = 'BCL6' then stain.positive_percent - cutoff.positive_min_percent end) >= 0 as is_bcl6_positive,
        max(case when stain.marker_code = 'MUM1' then stain.positive_percent - cutoff.positive_min_percent end) >= 0 as is_mum1_positive,
        max(case when stain.marker_code = 'CD10' then stain.record_id end) as cd10_record_id,
        max(case when stain.marker_code = 'BCL6' then stain.record_id end) as bcl6_record_id,
        max(case when stain.marker_code = 'MUM1' then stain.record_id end) as mum1_record_id
    from {{ ref('stain') }} as stain
    left join {{ ref('stain_limit') }} as cutoff on stain.marker_code = cutoff.marker_code
    group by stain.usubjid, stain.report_no
),

decided as (
    select
        *,
        case
            when is_cd10_positive then 'CD10'
            when is_cd10_positive is null then null
            when not is_bcl6_positive then 'BCL6'
            when is_bcl6_positive and is_mum1_positive is not null then 'MUM1'
        end as deciding_marker
    from marker
)

select
    usubjid,
    report_no,
    collected_date,
    collected_at,
    case deciding_marker
        when 'CD10' then 'gcb'
        when 'BCL6' then 'non_gcb'
        else case when is_mum1_positive then 'non_gcb' else 'gcb' end
    end as coo_code,
    deciding_marker,
    case deciding_marker when 'CD10' then cd10_record_id when 'BCL6' then bcl6_record_id else mum1_record_id end as record_id
from decided
where deciding_marker is not null
