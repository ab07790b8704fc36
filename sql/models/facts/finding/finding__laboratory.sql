-- Findings of laboratory results that the warehouse could not use. One row a finding and record; value_code is the local code.
-- unknown_lab_test: the local code stands for no known test. Remedy: a row in the seed lab_test.
-- loinc_mismatch: the LOINC code sent is not the one of the local code. The local code counts.
-- unknown_unit: a number whose unit is not known for the test. Remedy: a row in the seed unit_conversion.
-- value_not_numeric: a remark instead of a number, such as a haemolysed specimen.
with tested as (
    select
        result.usubjid,
        result.record_id,
        result.local_code,
        result.loinc_code,
        result.unit_text,
        test.lbtestcd,
        test.loinc,
        conversion.factor,
        {{ reported_number('result.value_text') }} as number
    from {{ ref('stg_lis__lab_result') }} as result
    left join {{ ref('lab_test') }} as test on result.local_code = test.local_code
    left join {{ ref('unit_conversion') }} as conversion
        on test.lbtestcd = conversion.lbtestcd and trim(result.unit_text) = conversion.unit_text
)

select 'unknown_lab_test' as finding_code, usubjid, record_id, local_code as detail_code, local_code as value_code
from tested
where lbtestcd is null
union all
select 'loinc_mismatch', usubjid, record_id, local_code, local_code
from tested
where loinc_code <> loinc
union all
select 'unknown_unit', usubjid, record_id, coalesce(unit_text, 'no unit'), local_code
from tested
where lbtestcd is not null and factor is null and number is not null
union all
select 'value_not_numeric', usubjid, record_id, lbtestcd, local_code
from tested
where lbtestcd is not null and number is null
