-- The decision for a compared therapy after failure, by intention to treat: order of CD20 cells or first dose of the other therapy.
select
    usubjid,
    decision_date as fact_date,
    cast(null as string) as adtf,
    itt_group_code as value_txt,
    cast(null as string) as detail_code,
    case itt_group_code when 'cd20' then 'ex' else 'cm' end as srcdom,
    case itt_group_code when 'cd20' then 'exstdtc' else 'cmstdtc' end as srcvar,
    record_id
from {{ ref('treatment_decision') }}
where is_decided
