-- The values of flow cytometry in standard units: CAR-T cells in 10*6/L, antigen on lymphoma cells in %. One row a
-- measurement; problem_code says why a value cannot be used. Words that say that nothing was found, a value reported as
-- below a limit, and a value below the lower limit of quantitation (LLOQ) are below the limit; below a number that is higher than the
-- LLOQ may be either.
with parsed as (
    select
        flow.*,
        case when substr(flow.population_code, 1, 5) = 'cart_' then 'CART' else 'ANTIGEN' end as lbtestcd,
        value.comparator,
        value.number,
        value.unit_text as unit_behind,
        value.problem_code as value_problem_code,
        coalesce(value.is_below_limit, false) as is_below_limit
    from {{ ref('stg_lis__flow_cytometry') }} as flow
    left join {{ ref('reported_value') }} as value on flow.value_text = value.value_text
    where flow.population_code is not null
),

converted as (
    select
        parsed.*,
        coalesce(conversion.factor, case when parsed.unit_text is null then behind.factor end) as factor,
        case
            when parsed.is_below_limit then null
            when parsed.value_text is null then 'value_not_numeric'
            when parsed.value_problem_code is not null then parsed.value_problem_code
            when parsed.unit_behind is null or parsed.unit_behind = parsed.unit_text then null
            when behind.factor is null then 'value_unreadable'
            when conversion.factor is not null and abs(behind.factor / conversion.factor - 1) > 1e-6
                then 'value_unit_conflict'
        end as number_problem_code
    from parsed
    left join {{ ref('unit_factor') }} as conversion
        on parsed.lbtestcd = conversion.lbtestcd and parsed.unit_text = conversion.unit_text
    left join {{ ref('unit_factor') }} as behind
        on parsed.lbtestcd = behind.lbtestcd and parsed.unit_behind = behind.unit_text
),

judged as (
    select
        converted.*,
        case
            when number_problem_code is not null then number_problem_code
            when is_below_limit then null
            when factor is null then 'unit_unknown'
            when number * factor < plausible.low or number * factor > plausible.high then 'value_implausible'
        end as problem_code
    from converted
    left join {{ ref('plausible_limit') }} as plausible
        on plausible.table_name = 'lis_flow_cytometry'
        and plausible.action_code = 'unknown'
        and converted.population_code = plausible.test_code
)

select
    usubjid,
    measurement_no,
    population_code,
    specimen_code,
    collected_at,
    collected_date,
    case when problem_code is null then comparator end as comparator,
    case when problem_code is null then round(number * factor, 9) end as value,
    round(lloq * factor, 9) as lloq,
    case
        when problem_code is null
            then is_below_limit
                or (comparator in ('<', '<=') and number <= coalesce(lloq, number))
                or number = 0
                or (comparator not in ('<', '<=') and number < coalesce(lloq, 0))
    end as is_below_limit,
    problem_code,
    unit_text,
    record_id
from judged
