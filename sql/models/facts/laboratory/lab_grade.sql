-- CTCAE 5.0 grades of laboratory values: one row a course, value and direction, for the baseline value and for day 0 to 90
-- of the course. The limits are data (seed ctcae_limit); here stands only how a limit is read:
--   a grade holds when its limit is crossed; the highest that holds counts, 0 when none does;
--   a limit without its reference (LLN, ULN) leaves the grade open unless a grade at least as high holds anyway;
--   a value reported as `<5` or `>5` is graded only if every value it can mean has the same grade;
--   ALT, AST and bilirubin after an abnormal baseline are judged against that baseline; the baseline value itself, what
--   came before it, and values without a baseline are judged against the ULN;
--   multiples of the baseline (creatinine, fall of fibrinogen) apply only after a baseline value.
with candidate as (
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
        case lab.comparator when '<' then 0.0 when '>' then lab.value * 1.000001 else lab.value end as least_value,
        case lab.comparator when '<' then lab.value * 0.999999 when '>' then 1e12 else lab.value end as greatest_value,
        baseline.seq is null as is_baseline_missing,
        case when lab.seq > baseline.seq then baseline.value end as baseline_value,
        case when lab.seq > baseline.seq and baseline.value > baseline.high then 'high' else 'normal' end
            as baseline_state
    from {{ ref('course') }} as course
    inner join {{ ref('lab_value') }} as lab on course.usubjid = lab.usubjid
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
            else case comparison
                when 'lt' then {{ probe }}_value < bound
                when 'le' then {{ probe }}_value <= bound
                when 'gt' then {{ probe }}_value > bound
                when 'ge' then {{ probe }}_value >= bound
            end
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
        coalesce(max(case when holds_at_least then grade end), 0) as grade_at_least,
        coalesce(max(case when holds_at_greatest then grade end), 0) as grade_at_greatest,
        coalesce(max(case when holds_at_least is null then grade end), 0) as open_grade
    from judged
    group by usubjid, course_id, seq, direction
)

select
    candidate.usubjid,
    candidate.course_id,
    candidate.lbtestcd,
    graded.direction,
    candidate.collected_date,
    candidate.days_since_infusion,
    candidate.value,
    candidate.comparator,
    cast(case
        when graded.grade_at_least = graded.grade_at_greatest and graded.open_grade <= graded.grade_at_least
            then graded.grade_at_least
    end as integer) as grade,
    candidate.is_baseline_missing,
    candidate.baseline_state,
    graded.ctcae_version,
    candidate.record_id,
    candidate.seq
from graded
inner join candidate on graded.course_id = candidate.course_id and graded.seq = candidate.seq
