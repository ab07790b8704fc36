-- SDTM LB: laboratory results of known tests, in the unit reported and in the standard unit. A result that is no number,
-- or whose unit is not known for the test, has no standard result. `<5` keeps its sign in lbstresc and has no lbstresn.
-- A remark instead of a number stays in the restricted raw record, found by record_id: free text may name somebody.
with parsed as (
    select
        result.*,
        test.lbtestcd,
        test.lbtest,
        test.standard_unit,
        conversion.factor,
        case
            when substr(trim(result.value_text), 1, 1) in ('<', '>') then substr(trim(result.value_text), 1, 1)
            else '='
        end as comparator,
        cast({{ reported_number('result.value_text') }} as double) as number
    from {{ ref('stg_lis__lab_result') }} as result
    inner join {{ ref('lab_test') }} as test on result.local_code = test.local_code
    left join {{ ref('unit_conversion') }} as conversion
        on test.lbtestcd = conversion.lbtestcd and trim(result.unit_text) = conversion.unit_text
),

standardised as (
    select
        parsed.*,
        case when number >= 0 then round(number * factor, 9) end as standard_value
    from parsed
)

select
    usubjid,
    'LB' as domain,
    cast(row_number() over (partition by usubjid order by collected_at, result_no) as integer) as lbseq,
    lbtestcd,
    lbtest,
    loinc_code as lbloinc,
    case when number is not null then value_text end as lborres,
    unit_text as lborresu,
    reference_low as lbornrlo,
    reference_high as lbornrhi,
    case when comparator = '=' then '' else comparator end || cast(standard_value as varchar) as lbstresc,
    case when comparator = '=' then standard_value end as lbstresn,
    standard_unit as lbstresu,
    round(reference_low * factor, 9) as lbstnrlo,
    round(reference_high * factor, 9) as lbstnrhi,
    specimen_code as lbspec,
    cast(collected_date as varchar) as lbdtc,
    collected_at,
    record_id
from standardised
