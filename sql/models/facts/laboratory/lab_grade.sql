-- CTCAE 5.0 grades of laboratory values: one row a course, value and direction, for the baseline value and for day 0 to 90
-- of the course. The limits are data (seed ctcae_limit); here stands only how a limit is read:
--   a grade holds when its limit is crossed; the highest that holds counts, 0 when none does;
--   a limit without its reference (LLN, ULN) leaves the grade open unless a grade at least as high holds anyway;
--   a value reported as `<5` or `>5`, and a value that was measured and cannot be used (unknown unit or material, two readings), has
--   the least and the greatest grade of all values it can mean; grade is exact where both agree;
--   ALT, AST and bilirubin after an abnormal baseline are judged against that baseline; the baseline value itself, what
--   came before it, and values without a baseline are judged against the ULN;
--   multiples of the baseline (creatinine, fall of fibrinogen) apply only after a baseline value.
with measured as (
    select usubjid, lbtestcd, collected_date, value, comparator, low, high, record_id, seq
    from {{ ref('lab_value') }}
    union all
    select lb.usubjid, lb.lbtestcd, cast(lb.lbdtc as date), null, null, lb.lbstnrlo, lb.lbstnrhi, lb.record_id, lb.lbseq
    from {{ ref('lb') }} as lb
    cross join {{ source('meta', 'build') }} as build
    -- a remark in place of a number says that nothing was measured
    where lb.problem_code <> 'value_not_numeric'
        and {{ is_of_blood('lb.lbspec') }}
        and cast(lb.lbdtc as date) <= build.data_cut_date
),

candidate as (
    select
        course.usubjid,
        course.course_id,
        lab.lbtestcd,
        lab.collected_date,
        cast({{ days_between('course.anchor_date', 'lab.collected_date') }} as integer) as days_since_infusion,
        lab.value,
        lab.comparator,
        lab.low,
        lab.high,
        lab.record_id,
        lab.seq,
        case when lab.comparator in ('<', '<=') then 0.0 else lab.value end as least_value,
        case when lab.comparator = '>' then 1 else 0 end as least_side,
        case when lab.comparator in ('>', '>=') then 1e12 else lab.value end as greatest_value,
        case when lab.comparator = '<' then -1 else 0 end as greatest_side,
        baseline.seq is null as is_baseline_missing,
        case when lab.seq > baseline.seq then baseline.value end as baseline_value,
        case when lab.seq > baseline.seq and baseline.value > baseline.high then 'high' else 'normal' end
            as baseline_state
    from {{ ref('course') }} as course
    inner join measured as lab on course.usubjid = lab.usubjid
    left join {{ ref('lab_baseline') }} as baseline
        on course.course_id = baseline.course_id and lab.lbtestcd = baseline.lbtestcd
    where lab.collected_date between course.anchor_date and {{ add_days('course.anchor_date', 90) }}
        or lab.seq = baseline.seq
),

bounded as (
    select
        candidate.*,
        ctcae.ctcae_version,
        ctcae.direction,
        ctcae.grade,
        ctcae.comparison,
        ctcae.is_only_below_lln,
        round(ctcae.multiple * case ctcae.basis
            when 'unit' then 1.0
            when 'lln' then candidate.low
            when 'uln' then candidate.high
            when 'baseline' then candidate.baseline_value
        end, 9) as bound
    from candidate
    inner join {{ ref('ctcae_limit') }} as ctcae on candidate.lbtestcd = ctcae.lbtestcd
    where ctcae.baseline_state in ('any', candidate.baseline_state)
        and (ctcae.basis <> 'baseline' or candidate.baseline_value is not null)
),

judged as (
    select
        bounded.*,
        {% for probe in ['least', 'greatest'] %}
        case
            when is_only_below_lln and {{ probe }}_value >= low then false
            when is_only_below_lln and low is null then null
            else {{ end_holds('comparison', probe ~ '_value', probe ~ '_side', 'bound') }}
        end as holds_at_{{ probe }}{{ ',' if not loop.last }}
        {% endfor %}
    from bounded
),

graded as (
    select
        usubjid,
        course_id,
        seq,
        direction,
        max(ctcae_version) as ctcae_version,
        {% for probe in ['least', 'greatest'] %}
        coalesce(max(case when holds_at_{{ probe }} then grade end), 0) as grade_at_{{ probe }},
        coalesce(max(case when coalesce(holds_at_{{ probe }}, true) then grade end), 0) as open_grade_at_{{ probe }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged
    group by usubjid, course_id, seq, direction
),

spanned as (
    select
        graded.*,
        -- toxicity grows to one side only, so the ends of the value give the ends of the grade
        least(grade_at_least, grade_at_greatest) as least_grade,
        greatest(open_grade_at_least, open_grade_at_greatest) as greatest_grade
    from graded
)

select
    candidate.usubjid,
    candidate.course_id,
    candidate.lbtestcd,
    spanned.direction,
    candidate.collected_date,
    candidate.days_since_infusion,
    candidate.value,
    candidate.comparator,
    cast(case when spanned.least_grade = spanned.greatest_grade then spanned.least_grade end as integer) as grade,
    cast(spanned.least_grade as integer) as least_grade,
    cast(spanned.greatest_grade as integer) as greatest_grade,
    candidate.is_baseline_missing,
    candidate.baseline_state,
    spanned.ctcae_version,
    candidate.record_id,
    candidate.seq
from spanned
inner join candidate on spanned.course_id = candidate.course_id and spanned.seq = candidate.seq
