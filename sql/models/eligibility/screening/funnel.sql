-- From screened to analysed, one row a criterion in its order; seq 0 is everybody screened.
with criterion as (
    select distinct criterion_id, seq, label
    from {{ source('study', 'criterion') }}
),

excluded as (
    select criterion.seq, criterion.criterion_id, criterion.label, count(screening.usubjid) as excluded_count
    from criterion
    left join {{ ref('screening') }} as screening on criterion.criterion_id = screening.primary_criterion_id
    group by criterion.seq, criterion.criterion_id, criterion.label
    union all
    select 0, 'screened', 'Screened', 0
)

select
    seq,
    criterion_id,
    label,
    excluded_count,
    cast((select count(*) from {{ ref('screening') }}) - sum(excluded_count) over (order by seq) as bigint) as remaining_count
from excluded
