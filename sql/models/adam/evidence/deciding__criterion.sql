{{ config(contract={'enforced': true}) }}
-- What decided each criterion of each screened patient: of one that is met every part, else the part that stands for it. A part
-- that is unknown, or met by absence, has a row that says what was looked for.
with fact_concept as (
    {% for fact, concept in [
        ('cd19_scfv_origin', 'cd19_product'),
        ('cd19_generation_no', 'cd19_product'),
        ('cd19_costimulatory_domain', 'cd19_product'),
        ('cd19_signalling_domain', 'cd19_product'),
        ('is_cd19_failed', 'cd19_failure'),
        ('cd19_failure_date', 'cd19_failure'),
        ('time_zero_date', 'time_zero'),
        ('age_years', 'baseline.age'),
        ('age_years', 'cd19_failure'),
        ('prior_lines_count', 'prior_lines'),
        ('concurrent_drug_count', 'concurrent_drug'),
        ('has_therapy_after_failure', 'treated'),
        ('compared_group_code', 'group'),
    ] %}
    select '{{ fact }}' as fact, '{{ concept }}' as concept
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

part as (
    select
        result.usubjid,
        result.criterion_id,
        piece.fact,
        piece.label,
        piece.status,
        piece.record_id,
        piece.reason,
        row_number() over (
            partition by result.usubjid, result.criterion_id
            order by case piece.status when 'not_met' then 1 when 'unknown' then 2 else 3 end, piece.part_no
        ) as place,
        result.status as result_status
    from {{ ref('criterion_result') }} as result
    inner join {{ ref('criterion_part') }} as piece
        on result.usubjid = piece.usubjid and result.criterion_id = piece.criterion_id
),

deciding as (
    select *
    from part
    where result_status = 'met' or place = 1
),

known as (
    select * from {{ ref('deciding__course') }}
    union all
    select * from {{ ref('deciding__therapy') }}
    union all
    select * from {{ ref('deciding__baseline') }}
)

select
    deciding.usubjid,
    'criterion.' || deciding.criterion_id as concept,
    cast(null as varchar) as row_key,
    known.record_id,
    known.part,
    deciding.fact || ': ' || known.role as role,
    known.note
from deciding
inner join fact_concept on deciding.fact = fact_concept.fact
inner join known on deciding.usubjid = known.usubjid and fact_concept.concept = known.concept
union
select
    deciding.usubjid,
    'criterion.' || deciding.criterion_id,
    null,
    deciding.record_id,
    null,
    deciding.fact || ': ' || case when deciding.record_id is null then 'not found' else 'decides' end,
    case when deciding.record_id is null then coalesce(deciding.reason, 'no record of: ' || deciding.label) end
from deciding
left join fact_concept on deciding.fact = fact_concept.fact
where fact_concept.fact is null
