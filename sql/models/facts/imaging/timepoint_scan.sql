-- Which days of a course form one time point. One row a course and day with imaging after the anchor.
-- A day with CT (or MRI) only and the next day with PET only, at most 14 days later, or the other way round, form a pair, taken in
-- order of time: of three such days in a row the first two pair. Two days with CT, or two with PET, never do, nor does a day that
-- has both already. A new therapy that starts, or may start, after the first day and up to the second parts them: a scan after it
-- says nothing of the disease before.
with day_kind as (
    select
        usubjid,
        course_id,
        performed_date,
        case when has_ct and has_pet then 'BOTH' when has_pet then 'PET' else 'CT' end as kind
    from {{ ref('course_scan') }}
    where not is_baseline
),

preceded as (
    select
        *,
        lag(performed_date) over (partition by course_id order by performed_date) as previous_date,
        lag(kind) over (partition by course_id order by performed_date) as previous_kind
    from day_kind
),

treated as (
    select distinct preceded.course_id, preceded.performed_date
    from preceded
    inner join {{ ref('therapy') }} as therapy
        on preceded.usubjid = therapy.usubjid
        and therapy.latest_start_date > preceded.previous_date
        and therapy.start_date <= preceded.performed_date
),

chained as (
    select
        preceded.*,
        sum(case
            when preceded.kind <> preceded.previous_kind and preceded.kind <> 'BOTH' and preceded.previous_kind <> 'BOTH'
                and {{ days_between('preceded.previous_date', 'preceded.performed_date') }} <= {{ lugano('merge_days') }}
                and treated.course_id is null then 0
            else 1
        end) over (
            partition by preceded.course_id
            order by preceded.performed_date rows between unbounded preceding and current row
        ) as chain_no
    from preceded
    left join treated on preceded.course_id = treated.course_id and preceded.performed_date = treated.performed_date
),

paired as (
    select
        *,
        cast(floor((row_number() over (partition by course_id, chain_no order by performed_date) + 1) / 2) as integer) as pair_no
    from chained
)

select
    usubjid,
    course_id,
    cast(dense_rank() over (partition by course_id order by chain_no, pair_no) as integer) as timepoint_no,
    performed_date
from paired
