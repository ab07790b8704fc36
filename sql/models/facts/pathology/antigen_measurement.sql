-- CD19 and CD20 on tumour cells, one row a measurement. Immunohistochemistry: positive from 1 % of cells. Flow cytometry: positive when
-- a population is measured at or above the limit of quantitation; reported as below it, it counts as 0 and negative.
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
    flow.usubjid,
    case flow.population_code when 'cd19_on_tumour' then 'CD19' when 'cd20_on_tumour' then 'CD20' end,
    'flow',
    case when flow.is_below_limit then 0 else flow.value end,
    not flow.is_below_limit,
    flow.collected_date,
    flow.collected_at,
    flow.measurement_no,
    flow.record_id
from {{ ref('flow_value') }} as flow
cross join {{ source('meta', 'build') }} as build
where flow.population_code in ('cd19_on_tumour', 'cd20_on_tumour')
    and flow.problem_code is null
    and flow.collected_date <= build.data_cut_date
