-- One row a screened patient and criterion, in words: status, the value judged, its evidence, and whether it is the reason.
select
    result.usubjid,
    result.seq,
    criterion.label as criterion_label,
    result.status,
    coalesce(
        cast(result.value_date as string),
        result.value_txt,
        {{ number_text('result.value_num') }}
    ) as value_shown,
    result.evidence_date,
    result.reason,
    coalesce(result.criterion_id = screening.primary_criterion_id, false) as is_primary_reason,
    result.record_id
from {{ ref('criterion_result') }} as result
inner join {{ ref('screening') }} as screening on result.usubjid = screening.usubjid
inner join (select distinct criterion_id, label from {{ source('study', 'criterion') }}) as criterion
    on result.criterion_id = criterion.criterion_id
