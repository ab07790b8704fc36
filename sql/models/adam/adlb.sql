{{ config(contract={'enforced': true}) }}
-- Laboratory values of the followed patients: the baseline value of each test (last from before time zero) and from time zero to
-- the last day on which the study counts what is treatment-emergent, with CTCAE 5.0 grades on either side where they are graded.
with grade as (
    select
        usubjid,
        course_id,
        seq,
        max(case when direction = 'low' then grade end) as atoxgrl,
        max(case when direction = 'high' then grade end) as atoxgrh
    from {{ ref('lab_grade') }}
    group by usubjid, course_id, seq
),

value as (
    select
        followed.usubjid,
        followed.course_id,
        followed.time_zero_date,
        followed.group_code,
        followed.stratum_code,
        lab.lbtestcd,
        lab.collected_date,
        lab.value,
        lab.comparator,
        lab.unit,
        lab.low,
        lab.high,
        lab.seq,
        lab.record_id,
        lab.seq = baseline.seq as is_baseline,
        case when lab.seq >= baseline.seq then baseline.value end as baseline_value
    from {{ ref('followed') }} as followed
    inner join {{ ref('lab_value') }} as lab on followed.usubjid = lab.usubjid
    left join {{ ref('lab_baseline') }} as baseline
        on followed.course_id = baseline.course_id and lab.lbtestcd = baseline.lbtestcd
    cross join {{ source('study', 'safety') }} as safety
    cross join {{ source('meta', 'build') }} as build
    where lab.collected_date <= build.data_cut_date
        and (
            lab.collected_date between followed.time_zero_date
            and {{ add_days('followed.time_zero_date', 'safety.emergent_to_day') }}
            or lab.seq = baseline.seq
        )
)

select
    value.usubjid,
    value.lbtestcd as paramcd,
    test.lbtest || ' (' || value.unit || ')' as param,
    value.collected_date as adt,
    cast({{ study_day('value.time_zero_date', 'value.collected_date') }} as integer) as ady,
    value.value as aval,
    case when value.comparator = '=' then '' else value.comparator end || {{ number_text('value.value') }} as avalc,
    value.unit as avalu,
    value.low as anrlo,
    value.high as anrhi,
    case
        when {{ is_below('value.comparator', 'value.value', 'value.low') }} then 'LOW'
        when {{ is_above('value.comparator', 'value.value', 'value.high') }} then 'HIGH'
        when value.low is null and value.high is null then null
        when coalesce({{ is_below('value.comparator', 'value.value', 'value.low') }}, value.low is not null)
            or coalesce({{ is_above('value.comparator', 'value.value', 'value.high') }}, value.high is not null) then null
        else 'NORMAL'
    end as anrind,
    case when value.is_baseline then 'Y' end as ablfl,
    value.baseline_value as base,
    case when value.comparator = '=' then round(value.value - value.baseline_value, 9) end as chg,
    grade.atoxgrl,
    grade.atoxgrh,
    value.group_code,
    value.stratum_code,
    'lb' as srcdom,
    'lbstresc' as srcvar,
    value.seq as srcseq,
    value.record_id
from value
inner join (select distinct lbtestcd, lbtest from {{ ref('lab_test') }}) as test on value.lbtestcd = test.lbtestcd
left join grade on value.usubjid = grade.usubjid and value.course_id = grade.course_id and value.seq = grade.seq
