-- Double or triple hit by FISH: one row a biopsy report. MYC with BCL2 or BCL6 rearranged is double, with both triple.
-- A probe that failed or was not made is unknown. MYC unknown: unknown. MYC rearranged, neither partner rearranged and one of
-- them unknown: unknown. record_id: the MYC probe, or any other where MYC was not tested.
with probe as (
    select
        fish.usubjid,
        fish.report_no,
        fish.gene_code,
        fish.collected_date,
        fish.collected_at,
        fish.record_id,
        case fish.fish_result when 'rearranged' then 1 when 'not_rearranged' then 0 end as is_rearranged
    from {{ ref('stg_lis__fish') }} as fish
    cross join {{ source('meta', 'build') }} as build
    where fish.collected_date <= build.data_cut_date
),

gene as (
    select
        usubjid,
        report_no,
        max(collected_date) as collected_date,
        max(collected_at) as collected_at,
        max(case when gene_code = 'MYC' then is_rearranged end) = 1 as is_myc_rearranged,
        max(case when gene_code = 'BCL2' then is_rearranged end) = 1 as is_bcl2_rearranged,
        max(case when gene_code = 'BCL6' then is_rearranged end) = 1 as is_bcl6_rearranged,
        coalesce(max(case when gene_code = 'MYC' then record_id end), max(record_id)) as record_id
    from probe
    group by usubjid, report_no
)

select
    usubjid,
    report_no,
    collected_date,
    collected_at,
    is_myc_rearranged,
    is_bcl2_rearranged,
    is_bcl6_rearranged,
    case
        when is_myc_rearranged is null then null
        when not is_myc_rearranged then false
        else is_bcl2_rearranged or is_bcl6_rearranged
    end as is_double_triple_hit,
    coalesce(is_myc_rearranged and is_bcl2_rearranged and is_bcl6_rearranged, false) as is_triple_hit,
    record_id
from gene
