-- CAR-T cells in blood by flow cytometry: one row a sample, in 10^6 cells a litre, from day 0 of the last infusion of that
-- antigen on or before it. Below the lower limit of quantitation (LLOQ) counts as 0, not detectable.
with parsed as (
    select
        sample.usubjid,
        sample.measurement_no,
        upper(substr(sample.population_code, 6)) as target_antigen,
        sample.collected_date,
        sample.lloq * conversion.factor as lloq,
        substr(trim(sample.value_text), 1, 1) = '<' as is_below_limit,
        cast({{ reported_number('sample.value_text') }} as double) * conversion.factor
            as number,
        sample.record_id
    from {{ ref('stg_lis__flow_cytometry') }} as sample
    inner join {{ ref('unit_conversion') }} as conversion
        on conversion.lbtestcd = 'CART' and trim(sample.unit_text) = conversion.unit_text
    cross join {{ source('meta', 'build') }} as build
    where sample.population_code in ('cart_cd19', 'cart_cd20')
        and sample.specimen_code = 'blood'
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
    where parsed.number is not null
)

select
    usubjid,
    target_antigen,
    course_id,
    cast({{ days_between('infused_date', 'collected_date') }} as integer) as days_since_infusion,
    collected_date,
    case when is_below_limit or number < coalesce(lloq, 0) then 0 else round(number, 9) end as cells_10e6_per_l,
    not is_below_limit and number > 0 and number >= coalesce(lloq, 0) as is_detectable,
    record_id
from attributed
where recency = 1
