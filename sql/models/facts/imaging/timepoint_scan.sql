-- Which studies of a course form one time point. One row a course and study after the anchor.
-- Studies of one day belong together. A day with CT (or MRI) only and the next day with PET only, at most 14 days later, or the
-- other way round, form a pair, taken in order of time: of three such days in a row the first two pair. Two CTs, or two
-- PETs, never do, nor does a day that has both already.
with day_kind as (
    select
        course_id,
        performed_date,
        case when min(scan_kind) <> max(scan_kind) then 'BOTH' else min(scan_kind) end as kind
    from {{ ref('course_scan') }}
    where not is_baseline
    group by course_id, performed_date
),

preceded as (
    select
        *,
        lag(performed_date) over (partition by course_id order by performed_date) as previous_date,
        lag(kind) over (partition by course_id order by performed_date) as previous_kind
    from day_kind
),

chained as (
    select
        *,
        sum(case
            when kind <> previous_kind and kind <> 'BOTH' and previous_kind <> 'BOTH'
                and {{ days_between('previous_date', 'performed_date') }} <= {{ lugano('merge_days') }} then 0
            else 1
        end) over (partition by course_id order by performed_date rows between unbounded preceding and current row) as chain_no
    from preceded
),

paired as (
    select
        *,
        cast(floor((row_number() over (partition by course_id, chain_no order by performed_date) + 1) / 2) as integer) as pair_no
    from chained
),

numbered as (
    select
        course_id,
        performed_date,
        cast(dense_rank() over (partition by course_id order by chain_no, pair_no) as integer) as timepoint_no
    from paired
)

select
    scan.usubjid,
    scan.course_id,
    numbered.timepoint_no,
    scan.record_id,
    scan.performed_date
from {{ ref('course_scan') }} as scan
inner join numbered on scan.course_id = numbered.course_id and scan.performed_date = numbered.performed_date
where not scan.is_baseline
