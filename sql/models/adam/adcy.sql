{{ config(contract={'enforced': true}) }}
-- Cytokines and ferritin after the CAR-T infusions of the followed patients, day 0 to 30: every value (parameter of the test),
-- and per infusion the peak (test code and PK) and its day (test code and PKD).
with infusion as (
    select distinct usubjid, group_code, stratum_code, course_id, infused_date, anl01fl
    from ({{ followed_courses() }}) as course
),

parameter as (
    select
        course_id,
        lbtestcd,
        '' as suffix,
        '' as wording,
        unit,
        days_since_infusion,
        value as aval,
        comparator,
        seq,
        record_id
    from {{ ref('cytokine') }}
    union all
    select course_id, lbtestcd, 'PK', ', peak', unit, peak_days, peak_value, comparator, null, record_id
    from {{ ref('cytokine_peak') }}
    union all
    select course_id, lbtestcd, 'PKD', ', day of the peak', 'd', peak_days, peak_days, '=', null, record_id
    from {{ ref('cytokine_peak') }}
)

select
    infusion.usubjid,
    -- at most eight characters: ferritin peaks are FERRPK and FERRPKD
    case when parameter.suffix = '' then parameter.lbtestcd else substr(parameter.lbtestcd, 1, 4) || parameter.suffix end
        as paramcd,
    test.lbtest || parameter.wording || ' (' || parameter.unit || ')' as param,
    infusion.course_id,
    {{ add_days('infusion.infused_date', 'parameter.days_since_infusion') }} as adt,
    cast(parameter.days_since_infusion as integer) as days_since_infusion,
    cast(parameter.aval as double) as aval,
    case when parameter.comparator = '=' then '' else parameter.comparator end || {{ number_text('parameter.aval') }} as avalc,
    parameter.unit as avalu,
    infusion.anl01fl,
    infusion.group_code,
    infusion.stratum_code,
    'lb' as srcdom,
    cast(parameter.seq as integer) as srcseq,
    parameter.record_id
from infusion
inner join parameter on infusion.course_id = parameter.course_id
inner join (select distinct lbtestcd, lbtest from {{ ref('lab_test') }}) as test on parameter.lbtestcd = test.lbtestcd
cross join {{ source('meta', 'build') }} as build
where {{ add_days('infusion.infused_date', 'parameter.days_since_infusion') }} <= build.data_cut_date
