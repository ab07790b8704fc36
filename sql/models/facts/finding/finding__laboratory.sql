-- Findings of laboratory results. One row a finding and record; value_code is the local code.
-- unknown_lab_test: the local code stands for no known test. Remedy: a row in the seed lab_test.
-- loinc_mismatch: the LOINC code sent is one of another test. The local code counts. Only of blood, as the codes of the seed are.
-- unknown_loinc: the LOINC code sent of a value of the blood is in no row of the seed lab_loinc. The local code counts.
-- loinc_unit_mismatch: the LOINC code means another kind of quantity than the unit: mass where the unit is molar. The unit
-- counts; one of the two is wrong, and if it is the unit the value is wrong by far.
-- reference_range_reversed: the low limit is above the high one; neither is used.
-- reference_limit_implausible: no laboratory has such a limit (seed plausible_limit): another unit than the value. Neither
-- limit is used.
-- unknown_unit: a number whose unit is not understood for the test. Remedy: a row in feeds/units.yaml or the seed quantity.
-- value_not_numeric, value_unreadable, value_ambiguous, value_out_of_range: no usable number (model reported_value).
-- value_implausible: beyond the limit of the test in the seed plausible_limit.
-- value_unit_conflict: another unit behind the number than in the record.
with tested as (
    select
        lb.usubjid,
        lb.record_id,
        lb.lbtestcd,
        lb.lbloinc,
        {{ is_of_blood('lb.lbspec') }} as is_of_blood,
        lb.lborresu,
        lb.lbornrlo,
        lb.lbornrhi,
        lb.lbstnrlo,
        lb.lbstnrhi,
        lb.problem_code,
        result.local_code,
        loinc.lbtestcd as loinc_lbtestcd,
        loinc.base_unit as loinc_base_unit,
        conversion.base_unit as unit_base_unit
    from {{ ref('lb') }} as lb
    inner join {{ ref('stg_lis__lab_result') }} as result on lb.record_id = result.record_id
    left join {{ ref('lab_loinc') }} as loinc on lb.lbloinc = loinc.loinc
    left join {{ ref('unit_factor') }} as conversion
        on lb.lbtestcd = conversion.lbtestcd and lb.lborresu = conversion.unit_text
)

select 'unknown_lab_test' as finding_code, result.usubjid, result.record_id, result.local_code as detail_code,
    result.local_code as value_code
from {{ ref('stg_lis__lab_result') }} as result
left join {{ ref('lab_test') }} as test on result.local_code = test.local_code
where test.local_code is null
{% for finding_code, detail, condition in [
    ('unknown_unit', "coalesce(lborresu, 'no unit')", "problem_code = 'unknown_unit'"),
    ('value_not_numeric', 'lbtestcd', "problem_code = 'value_not_numeric'"),
    ('value_unreadable', 'lbtestcd', "problem_code = 'value_unreadable'"),
    ('value_ambiguous', 'lbtestcd', "problem_code = 'value_ambiguous'"),
    ('value_out_of_range', 'lbtestcd', "problem_code = 'value_out_of_range'"),
    ('value_unit_conflict', 'lbtestcd', "problem_code = 'value_unit_conflict'"),
    ('value_implausible', 'lbtestcd', "problem_code = 'value_implausible'"),
    ('loinc_mismatch', 'local_code', 'is_of_blood and loinc_lbtestcd <> lbtestcd'),
    ('unknown_loinc', 'lbloinc', 'is_of_blood and lbloinc is not null and loinc_lbtestcd is null'),
    ('loinc_unit_mismatch', 'lborresu', 'loinc_lbtestcd = lbtestcd and loinc_base_unit <> unit_base_unit'),
    ('reference_range_reversed', 'lbtestcd', 'lbornrlo > lbornrhi'),
    ('reference_limit_implausible', 'lbtestcd', '(lbornrhi is not null and lbstnrhi is null or lbornrlo is not null and lbstnrlo is null) and coalesce(lbornrlo <= lbornrhi, true) and (problem_code is null or unit_base_unit is not null)'),
] %}
union all
select '{{ finding_code }}', usubjid, record_id, {{ detail }}, local_code
from tested
where {{ condition }}
{% endfor %}
