-- CD19 and CD20 on tumour cells, one row a measurement. Immunohistochemistry: positive from 1 % of cells. Flow cytometry: positive when
-- a population is measured at or above the limit of quantitation; reported as below it, it counts as 0 and negative.
with flow as (
    select
        flow.*,
        case flow.population_code when 'cd19_on_tumour' then 'CD19' when 'cd20_on_tumour' then 'CD20' end as antigen_code,
        substr(trim(flow.value_text), 1, 1) = '<' as is_below_limit,
        -- decimal, not double: it refuses words like "nan"
        cast({{ reported_number('flow.value_text') }} as double) as number
    from {{ ref('stg_lis__flow_cytometry') }} as flow
    cross join {{ source('meta', 'build') }} as build
    where flow.population_code in ('cd19_on_tumour', 'cd20_on_tumour')
        and flow.collected_date <= build.data_cut_date
)

select
    usubjid,
    marker_code as antigen_code,
    'ihc' as method_code,
    cast(positive_percent as double) as positive_percent,
    positive_percent >= {{ positive_percent('antigen') }} as is_positive,
    collected_date,
    collected_at,
    stain_no as measurement_no,
    record_id
from {{ ref('stain') }}
where marker_code in ('CD19', 'CD20')
union all
select
    usubjid,
    antigen_code,
    'flow',
    case when is_below_limit or number < lloq then 0 else number end,
    not is_below_limit and number > 0 and number >= coalesce(lloq, 0),
    collected_date,
    collected_at,
    measurement_no,
    record_id
from flow
where number is not null
