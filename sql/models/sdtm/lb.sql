-- SDTM LB: laboratory results of known tests, in the unit reported and in the standard unit. A result that is no usable
-- number, or whose unit is not understood for the test, or its material, or that is not plausible (seed plausible_limit),
-- has no standard result, and problem_code says why. `<5` keeps its sign in lbstresc and has no lbstresn. Limits are in the
-- unit of their record; a low one above the high one, or one that no laboratory has (mostly in another unit than its value),
-- makes both no range.
-- Of two results of one specimen the one resulted later is the later one.
-- A remark instead of a number stays in the restricted raw record, found by record_id: free text may name somebody.
with parsed as (
    select
        result.*,
        test.lbtestcd,
        test.lbtest,
        quantity.standard_unit,
        case when result.reference_low > result.reference_high then true else false end as is_range_reversed,
        value.comparator,
        value.number,
        coalesce(conversion.factor, case when result.unit_text is null then behind.factor end) as factor,
        case
            when result.value_text is null then 'value_not_numeric'
            when value.problem_code is not null then value.problem_code
            when value.unit_text is null or value.unit_text = result.unit_text then null
            when behind.factor is null then 'value_unreadable'
            when conversion.factor is not null and abs(behind.factor / conversion.factor - 1) > 1e-6
                then 'value_unit_conflict'
        end as value_problem_code
    from {{ ref('stg_lis__lab_result') }} as result
    inner join {{ ref('lab_test') }} as test on result.local_code = test.local_code
    inner join {{ ref('quantity') }} as quantity on test.lbtestcd = quantity.lbtestcd
    left join {{ ref('reported_value') }} as value on result.value_text = value.value_text
    left join {{ ref('unit_factor') }} as conversion
        on test.lbtestcd = conversion.lbtestcd and result.unit_text = conversion.unit_text
    left join {{ ref('unit_factor') }} as behind
        on test.lbtestcd = behind.lbtestcd and value.unit_text = behind.unit_text
),

judged as (
    select
        parsed.*,
        case
            when value_problem_code is not null then value_problem_code
            when is_specimen_unknown then 'unknown_specimen'
            when factor is null then 'unknown_unit'
            when number * factor < plausible.low or number * factor > plausible.high then 'value_implausible'
        end as problem_code,
        case
            when reference_high * factor < plausible_high.low or reference_high * factor > plausible_high.high then true
            when reference_low * factor < plausible_low.low or reference_low * factor > plausible_low.high then true
            else false
        end as is_limit_implausible
    from parsed
    left join {{ ref('plausible_limit') }} as plausible
        on plausible.table_name = 'lis_lab_result'
        and plausible.column_name = 'value_text'
        and plausible.action_code = 'unknown'
        and parsed.lbtestcd = plausible.test_code
    left join {{ ref('plausible_limit') }} as plausible_high
        on plausible_high.table_name = 'lis_lab_result'
        and plausible_high.column_name = 'reference_high'
        and plausible_high.action_code = 'unknown'
        and parsed.lbtestcd = plausible_high.test_code
    left join {{ ref('plausible_limit') }} as plausible_low
        on plausible_low.table_name = 'lis_lab_result'
        and plausible_low.column_name = 'reference_low'
        and plausible_low.action_code = 'unknown'
        and parsed.lbtestcd = plausible_low.test_code
),

standardised as (
    select
        judged.*,
        case when problem_code is null then round(number * factor, 9) end as standard_value
    from judged
)

select
    usubjid,
    'LB' as domain,
    cast(row_number() over (
        partition by usubjid order by collected_at, resulted_at nulls first, length(result_no), result_no
    ) as integer) as lbseq,
    lbtestcd,
    lbtest,
    loinc_code as lbloinc,
    case when number is not null and coalesce(value_problem_code, '') <> 'value_unreadable' then value_text end as lborres,
    unit_text as lborresu,
    reference_low as lbornrlo,
    reference_high as lbornrhi,
    case when comparator = '=' then '' else comparator end || {{ number_text('standard_value') }} as lbstresc,
    case when comparator = '=' then standard_value end as lbstresn,
    standard_unit as lbstresu,
    case when not is_range_reversed and not is_limit_implausible then round(reference_low * factor, 9) end as lbstnrlo,
    case when not is_range_reversed and not is_limit_implausible then round(reference_high * factor, 9) end as lbstnrhi,
    specimen_code as lbspec,
    cast(collected_date as string) as lbdtc,
    collected_at,
    problem_code,
    record_id
from standardised
