-- CAR-T cells in blood by flow cytometry: one row a sample, in 10^6 cells a litre, from day 0 of the last infusion of that
-- antigen on or before it. Below the lower limit of quantitation (LLOQ) counts as 0, not detectable;
-- a count reported as above a limit stands with that limit, and its comparator; one reported as below a number that is higher than the
-- LLOQ is at least 0, at most that number (at_most_10e6_per_l), and nobody knows whether cells were detected.
with parsed as (
    select
        sample.usubjid,
        sample.measurement_no,
        upper(substr(sample.population_code, 6)) as target_antigen,
        sample.collected_date,
        sample.is_below_limit,
        sample.value,
        sample.comparator,
        sample.record_id
    from {{ ref('flow_value') }} as sample
    cross join {{ source('meta', 'build') }} as build
    where sample.population_code in ('cart_cd19', 'cart_cd20')
        and sample.specimen_code = 'blood'
        and sample.problem_code is null
        and sample.collected_date <= build.data_cut_date
),

attributed as (
    select
        parsed.*,
        course.course_id,
        course.infused_date,
        row_number() over (partition by parsed.measurement_no order by course.infused_date desc) as recency
    from parsed
    inner join {{ ref('cart_course') }} as course
        on parsed.usubjid = course.usubjid
        and parsed.target_antigen = course.target_antigen
        and parsed.collected_date >= course.infused_date
)

select
    usubjid,
    target_antigen,
    course_id,
    cast({{ days_between('infused_date', 'collected_date') }} as integer) as days_since_infusion,
    collected_date,
    case when is_below_limit or comparator in ('<', '<=') then 0 else value end as cells_10e6_per_l,
    case when is_below_limit then false when comparator not in ('<', '<=') then true end as is_detectable,
    case when is_below_limit then '=' when comparator in ('<', '<=') then '>=' else comparator end as comparator,
    case when not is_below_limit and comparator in ('<', '<=') then value end as at_most_10e6_per_l,
    record_id
from attributed
where recency = 1
