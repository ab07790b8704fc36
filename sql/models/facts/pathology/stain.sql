-- Assessable stains up to the data cut: one row a biopsy report and marker. Of several stains of one marker the last counts:
-- by the specimen, then by the result; of equals the higher share, as of two cores, whatever their numbers (a finding).
with ranked as (
    select
        stain.*,
        row_number() over (
            partition by stain.usubjid, stain.report_no, stain.marker_code
            order by
                stain.collected_at desc,
                stain.resulted_at desc nulls last,
                stain.positive_percent desc,
                stain.stain_no desc
        ) as recency
    from {{ ref('stg_lis__ihc') }} as stain
    cross join {{ source('meta', 'build') }} as build
    where stain.positive_percent is not null and stain.collected_date <= build.data_cut_date
)

select usubjid, report_no, stain_no, marker_code, positive_percent, collected_date, collected_at, record_id
from ranked
where recency = 1
