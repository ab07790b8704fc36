-- Expansion and persistence of the cells of each CAR-T infusion: one row a course and antigen. Peak is the highest count
-- after day 0 and Tmax its first day; persistence is the last day at or above the LLOQ; the area under the curve runs by
-- linear trapezoids from (0, 0) to day 28, to which the last value is carried when it was taken on day 21 to 27, else it is
-- not evaluable. Several samples of a day: the highest. A count reported as above a limit stands with the limit, so that peak
-- and area are at least what they say: their comparators tell it, also where another sample shows more than the limit. A count below a
-- number that is higher than the LLOQ is no peak; where that number is higher than the peak, the peak is at least what it says.
with daily as (
    select
        usubjid,
        course_id,
        target_antigen,
        days_since_infusion as day_no,
        max(cells_10e6_per_l) as cells,
        max(case when comparator in ('>', '>=') and at_most_10e6_per_l is null then cells_10e6_per_l end) as at_least,
        max(at_most_10e6_per_l) as at_most,
        max(case when comparator = '>' then cells_10e6_per_l end) as above
    from {{ ref('cart_count') }}
    where days_since_infusion > 0
    group by usubjid, course_id, target_antigen, days_since_infusion
),

stepped as (
    select
        daily.*,
        coalesce(lag(day_no) over (partition by course_id, target_antigen order by day_no), 0) as previous_day_no,
        coalesce(lag(cells) over (partition by course_id, target_antigen order by day_no), 0) as previous_cells,
        lead(day_no) over (partition by course_id, target_antigen order by day_no) as next_day_no
    from daily
),

area as (
    select
        course_id,
        target_antigen,
        sum((day_no - previous_day_no) * (cells + previous_cells) / 2.0)
            + max(case when next_day_no is null or next_day_no > 28 then (28 - day_no) * cells end) as auc_0_28_10e6_day_per_l,
        max(day_no) as last_day_no,
        coalesce(max(at_least), max(at_most)) is not null as is_at_least
    from stepped
    where day_no <= 28
    group by course_id, target_antigen
),

extreme as (
    select
        usubjid,
        course_id,
        target_antigen,
        count(*) as sampled_days_count,
        max(cells) as peak_10e6_per_l,
        case
            when max(above) = max(cells) then '>'
            when max(at_least) is not null or max(at_most) > max(cells) then '>='
            else '='
        end as peak_comparator,
        max(at_most) as at_most,
        max(case when cells > 0 then day_no end) as persistence_days
    from daily
    group by usubjid, course_id, target_antigen
),

peak_day as (
    select daily.course_id, daily.target_antigen, min(daily.day_no) as tmax_days
    from daily
    inner join extreme
        on daily.course_id = extreme.course_id
        and daily.target_antigen = extreme.target_antigen
        and daily.cells = extreme.peak_10e6_per_l
    where daily.cells > 0
    group by daily.course_id, daily.target_antigen
)

select
    extreme.usubjid,
    extreme.course_id,
    extreme.target_antigen,
    cast(extreme.sampled_days_count as integer) as sampled_days_count,
    extreme.peak_10e6_per_l,
    extreme.peak_comparator,
    cast(peak_day.tmax_days as integer) as tmax_days,
    case when extreme.peak_10e6_per_l > 0 then true when extreme.at_most is null then false end as is_detectable,
    cast(extreme.persistence_days as integer) as persistence_days,
    case when area.last_day_no >= 21 then area.auc_0_28_10e6_day_per_l end as auc_0_28_10e6_day_per_l,
    case when area.last_day_no >= 21 then case when area.is_at_least then '>=' else '=' end end as auc_comparator
from extreme
left join area on extreme.course_id = area.course_id and extreme.target_antigen = area.target_antigen
left join peak_day on extreme.course_id = peak_day.course_id and extreme.target_antigen = peak_day.target_antigen
