-- Did this CAR-T infusion fail, as far as was known on each day? One row a course, target antigen and day on which more became known:
-- it holds from known_date until superseded_date (empty: still). Refractory: best response SD or PD; relapsed: PD after CR or PR.
-- Stable disease alone is failure only when new antineoplastic therapy follows, dated on the last SD assessment before it.
-- Not evaluable alone, or no assessment, is unknown. Best response: over assessments up to and including the first PD.
with change as (
    select course_id, target_antigen, infused_date as known_date
    from {{ ref('cart_assessment') }}
    union
    select course_id, target_antigen, greatest(known_date, infused_date)
    from {{ ref('cart_assessment') }}
    where known_date is not null
    union
    select course_id, target_antigen, next_therapy_known_date
    from {{ ref('cart_assessment') }}
    where next_therapy_known_date is not null
),

known as (
    -- Every course on every such day, with the assessments that were known then (none: one row without).
    select
        assessment.usubjid,
        assessment.course_id,
        assessment.target_antigen,
        assessment.target_infusion_no,
        assessment.infused_date,
        change.known_date,
        case when assessment.next_therapy_known_date <= change.known_date then assessment.next_therapy_date end
            as next_therapy_date,
        case when assessment.known_date <= change.known_date then assessment.avalc end as avalc,
        case when assessment.known_date <= change.known_date then assessment.assessment_no end as assessment_no
    from change
    inner join {{ ref('cart_assessment') }} as assessment
        on change.course_id = assessment.course_id and change.target_antigen = assessment.target_antigen
),

first_pd as (
    select course_id, target_antigen, known_date, min(assessment_no) as assessment_no
    from known
    where avalc = 'PD'
    group by course_id, target_antigen, known_date
),

best as (
    select
        known.usubjid,
        known.course_id,
        known.target_antigen,
        known.target_infusion_no,
        known.infused_date,
        known.known_date,
        known.next_therapy_date,
        first_pd.assessment_no as first_pd_no,
        min(
            case known.avalc when 'CR' then 1 when 'PR' then 2 when 'SD' then 3 when 'PD' then 4 else 5 end
        ) as best_rank,
        max(case when known.avalc = 'SD' then known.assessment_no end) as last_sd_no
    from known
    left join first_pd
        on known.course_id = first_pd.course_id
        and known.target_antigen = first_pd.target_antigen
        and known.known_date = first_pd.known_date
    where first_pd.assessment_no is null or known.assessment_no is null or known.assessment_no <= first_pd.assessment_no
    group by
        known.usubjid,
        known.course_id,
        known.target_antigen,
        known.target_infusion_no,
        known.infused_date,
        known.known_date,
        known.next_therapy_date,
        first_pd.assessment_no
),

judged as (
    select
        *,
        case best_rank
            when 1 then 'CR' when 2 then 'PR' when 3 then 'SD' when 4 then 'PD' else 'NE'
        end as best_response_code,
        case
            when first_pd_no is not null then first_pd_no
            when best_rank = 3 and next_therapy_date is not null then last_sd_no
        end as failure_no,
        case
            when best_rank = 5 then 'not evaluable'
            when first_pd_no is not null and best_rank <= 2 then 'progression after response'
            when first_pd_no is not null then 'progression without response'
            when best_rank = 3 and next_therapy_date is not null then 'stable disease and new therapy'
            when best_rank = 3 then 'stable disease without new therapy'
            when next_therapy_date is not null then 'response without progression before new therapy'
            else 'sustained remission'
        end as reason
    from best
)

select
    judged.usubjid,
    judged.course_id,
    judged.target_antigen,
    judged.target_infusion_no,
    judged.infused_date,
    judged.known_date,
    lead(judged.known_date) over (
        partition by judged.course_id, judged.target_antigen order by judged.known_date
    ) as superseded_date,
    judged.next_therapy_date,
    judged.best_response_code,
    case
        when judged.reason = 'not evaluable' then cast(null as boolean)
        else judged.failure_no is not null
    end as is_failed,
    case
        when judged.failure_no is null then cast(null as string)
        when judged.best_rank <= 2 then 'relapsed'
        else 'refractory'
    end as failure_type_code,
    evidence.assessment_date as failure_date,
    evidence.adtf,
    judged.reason,
    evidence.record_id
from judged
left join {{ ref('cart_assessment') }} as evidence
    on judged.course_id = evidence.course_id
    and judged.target_antigen = evidence.target_antigen
    and judged.failure_no = evidence.assessment_no
