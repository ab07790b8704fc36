{{ config(contract={'enforced': true}) }}
-- Worst CTCAE 5.0 grade of each laboratory toxicity of the followed patients, one row a patient and CTCAE term that was
-- measured: at baseline, on day 0 to 30, and on day 0 to 90 of the treatment. Each is told by its bounds, since a value may
-- leave its grade open (`<1.0`, no reference limit, a unit that is not understood): _least is certain, _greatest is
-- possible, and the grade itself stands only where both agree. A period without a measured value is empty, never 0. The
-- baseline value itself is not part of the periods.
{% set periods = [
    ('btoxgr', 'is_baseline'),
    ('atoxgr30', 'not is_baseline and days_since_infusion <= 30'),
    ('atoxgr90', 'not is_baseline'),
] %}
with graded as (
    select
        followed.usubjid,
        followed.group_code,
        followed.stratum_code,
        grade.lbtestcd,
        grade.direction,
        grade.least_grade,
        grade.greatest_grade,
        grade.days_since_infusion,
        coalesce(grade.seq = baseline.seq, false) as is_baseline,
        grade.record_id
    from {{ ref('followed') }} as followed
    inner join {{ ref('lab_grade') }} as grade on followed.course_id = grade.course_id
    left join {{ ref('lab_baseline') }} as baseline
        on grade.course_id = baseline.course_id and grade.lbtestcd = baseline.lbtestcd
    cross join {{ source('meta', 'build') }} as build
    where {{ add_days('followed.time_zero_date', 'grade.days_since_infusion') }} <= build.data_cut_date
),

worst as (
    select
        usubjid,
        group_code,
        stratum_code,
        lbtestcd,
        direction
        {% for column, period in periods %}
        {% for bound in ['least', 'greatest'] %},
        cast(max(case when {{ period }} then {{ bound }}_grade end) as integer) as {{ column }}_{{ bound }}
        {% endfor %}
        {% endfor %}
    from graded
    group by usubjid, group_code, stratum_code, lbtestcd, direction
),

deciding_record as (
    -- The first record of the worst grade that is certain.
    select
        graded.usubjid,
        graded.lbtestcd,
        graded.direction,
        graded.record_id,
        row_number() over (
            partition by graded.usubjid, graded.lbtestcd, graded.direction
            order by
                graded.is_baseline,
                graded.least_grade desc,
                graded.greatest_grade,
                graded.days_since_infusion,
                graded.record_id
        ) as preference
    from graded
)

select
    worst.usubjid,
    term.paramcd,
    term.ctcae_term as param,
    worst.lbtestcd,
    worst.direction,
    {% for column, period in periods %}
    case when worst.{{ column }}_least = worst.{{ column }}_greatest then worst.{{ column }}_least end as {{ column }},
    worst.{{ column }}_least,
    worst.{{ column }}_greatest,
    {% endfor %}
    worst.group_code,
    worst.stratum_code,
    'lb' as srcdom,
    record.record_id
from worst
inner join {{ ref('ctcae_term') }} as term on worst.lbtestcd = term.lbtestcd and worst.direction = term.direction
inner join deciding_record as record
    on worst.usubjid = record.usubjid
    and worst.lbtestcd = record.lbtestcd
    and worst.direction = record.direction
    and record.preference = 1
