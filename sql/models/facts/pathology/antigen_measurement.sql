-- CD19 and CD20 on tumour cells, one row a measurement. Immunohistochemistry: positive from the share
-- of cells in standards.stain_limit. Flow cytometry: positive when
-- a population is measured at or above the limit of quantitation; reported as below it, it counts as 0 and negative. Reported as below
-- a number that is higher than that limit, it may be either.
select
    stain.usubjid,
    stain.marker_code as antigen_code,
    'ihc' as method_code,
    cast(stain.positive_percent as double) as positive_percent,
    '=' as comparator,
    stain.positive_percent >= cutoff.positive_min_percent as is_positive,
    stain.collected_date,
    stain.collected_at,
    stain.stain_no as measurement_no,
    stain.record_id
from {{ ref('stain') }} as stain
inner join {{ ref('stain_limit') }} as cutoff on stain.marker_code = cutoff.marker_code
where stain.marker_code in ('CD19', 'CD20')
union all
select
    flow.usubjid,
    case flow.population_code when 'cd19_on_tumour' then 'CD19' when 'cd20_on_tumour' then 'CD20' end,
    'flow',
    case when flow.is_below_limit then 0 else flow.value end,
    case when flow.is_below_limit then '=' else flow.comparator end,
    case when flow.is_below_limit then false when flow.comparator not in ('<', '<=') then true end,
    flow.collected_date,
    flow.collected_at,
    flow.measurement_no,
    flow.record_id
from {{ ref('flow_value') }} as flow
cross join {{ source('meta', 'build') }} as build
where flow.population_code in ('cd19_on_tumour', 'cd20_on_tumour')
    and flow.problem_code is null
    and flow.collected_date <= build.data_cut_date
