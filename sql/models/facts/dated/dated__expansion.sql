-- Dated facts of the expansion of CAR-T cells in blood: every count after day 0, and of each course and target the peak, its day,
-- whether cells were ever detected and until when, as each day of counts left them. The last state is that of facts.cell_kinetics.
with daily as (
    select
        usubjid,
        course_id,
        target_antigen,
        collected_date,
        days_since_infusion as day_no,
        max(cells_10e6_per_l) as cells,
        max(case when comparator in ('>', '>=') and at_most_10e6_per_l is null then 1 else 0 end) as is_at_least,
        max(at_most_10e6_per_l) as at_most,
        max(case when comparator = '>' then cells_10e6_per_l end) as above,
        min(record_id) as record_id
    from {{ ref('cart_count') }}
    where days_since_infusion > 0
    group by usubjid, course_id, target_antigen, collected_date, days_since_infusion
),

running as (
    select
        *,
        max(cells) over so_far as peak,
        max(above) over so_far as peak_above,
        max(is_at_least) over so_far as has_bound,
        max(at_most) over so_far as peak_at_most,
        max(case when cells > 0 then day_no end) over so_far as persistence_days,
        max(cells) over (
            partition by course_id, target_antigen order by day_no rows between unbounded preceding and 1 preceding
        ) as peak_before,
        lead(collected_date) over (partition by course_id, target_antigen order by day_no) as superseded_date
    from daily
    window so_far as (
        partition by course_id, target_antigen order by day_no rows between unbounded preceding and current row
    )
),

state as (
    select
        running.*,
        max(case when running.cells > coalesce(running.peak_before, 0) then running.day_no end) over (
            partition by running.course_id, running.target_antigen
            order by running.day_no rows between unbounded preceding and current row
        ) as tmax_days,
        case
            when running.peak_above = running.peak then '>' when running.has_bound = 1 or running.peak_at_most > running.peak then '>='
        end as peak_comparator,
        course.infusion_no,
        course.infused_date,
        lower(course.target_antigen) as target_code
    from running
    inner join {{ ref('cart_course') }} as course
        on running.course_id = course.course_id and running.target_antigen = course.target_antigen
)

select {{ dated_columns({
    'fact': "'cart_count'",
    'fact_date': 'collected_date',
    'value_num': 'cells_10e6_per_l',
    'value_txt': "nullif(comparator, '=')",
    'detail_code': 'lower(target_antigen)',
    'course_id': 'course_id',
    'srcdom': "'cp'",
    'srcvar': "'cpdtc'",
}) }}
from {{ ref('cart_count') }}
{% for fact, value, comparator in [
    ('cart_peak_10e6_per_l', 'peak', 'peak_comparator'),
    ('cart_tmax_days', 'tmax_days', 'null'),
    ('is_cart_detectable', 'case when peak > 0 then 1 when peak_at_most is null then 0 end', 'null'),
    ('cart_persistence_days', 'persistence_days', 'null'),
] %}
union all
select {{ dated_columns({
    'fact': "'" ~ fact ~ "'",
    'order_no': 'infusion_no',
    'fact_date': 'infused_date',
    'value_num': value,
    'value_txt': comparator,
    'detail_code': 'target_code',
    'course_id': 'course_id',
    'source_id': 'course_id',
    'known_date': 'collected_date',
    'superseded_date': 'superseded_date',
    'srcdom': "'cp'",
    'srcvar': "'cpdtc'",
}) }}
from state
where {{ value }} is not null
{% endfor %}
