-- Every occurrence of every source of every endpoint, from its start on: one row a subject, endpoint, source and occurrence. A
-- source that is restricted takes the occurrences of its codes only (a death of one cause). Death counts also when it is recorded
-- before the start; what else lies before it is history.
select
    start.usubjid,
    start.paramcd,
    start.start_date,
    source.priority,
    source.role as source_role,
    source.cnsr,
    source.description,
    fact.fact,
    source.evntcd,
    fact.fact_date,
    fact.adtf,
    fact.srcdom,
    fact.srcvar,
    fact.record_id
from {{ ref('endpoint_start') }} as start
inner join {{ source('study', 'endpoint_source') }} as source on start.paramcd = source.paramcd
inner join {{ ref('endpoint_fact') }} as fact on start.usubjid = fact.usubjid and source.fact = fact.fact
left join {{ source('study', 'endpoint_code') }} as code
    on source.paramcd = code.paramcd
    and source.priority = code.priority
    and code.code_kind = 'value'
    and fact.value_txt = code.code
left join {{ source('study', 'endpoint_code') }} as detail
    on source.paramcd = detail.paramcd
    and source.priority = detail.priority
    and detail.code_kind = 'detail'
    and fact.detail_code = detail.code
where (fact.fact_date >= start.start_date or fact.fact = 'death')
    and (not source.is_by_code or code.code is not null)
    and (not source.is_by_detail or detail.code is not null)
