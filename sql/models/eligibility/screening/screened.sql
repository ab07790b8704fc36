-- Everybody who is screened, and the occurrence of the screening fact that the study follows, one row a subject: the first, the
-- last, or the first of which the flag of the same course is 1, else the last.
with flagged as (
    select usubjid, fact, course_id, detail_code, max(value_num) as value_num
    from {{ ref('study_fact') }}
    group by usubjid, fact, course_id, detail_code
),

ranked as (
    select
        screening.anchor,
        dated.usubjid,
        dated.fact_date,
        dated.adtf,
        dated.course_id,
        dated.detail_code,
        dated.srcdom,
        dated.srcvar,
        dated.record_id,
        row_number() over (
            partition by dated.usubjid
            order by
                case when screening.pick = 'first_flagged' and flagged.value_num = 1 then 0 else 1 end,
                case
                    when screening.pick = 'first' or screening.pick = 'first_flagged' and flagged.value_num = 1
                        then dated.occurrence
                    else -dated.occurrence
                end
        ) as choice
    from {{ source('study', 'screening') }} as screening
    inner join {{ ref('study_fact') }} as dated
        on screening.fact = dated.fact
        and {{ is_of_detail('screening') }}
    left join flagged
        on screening.flag = flagged.fact
        and dated.usubjid = flagged.usubjid
        and dated.course_id = flagged.course_id
        and coalesce(dated.detail_code, '') = coalesce(flagged.detail_code, '')
)

select usubjid, anchor, fact_date as anchor_date, adtf, course_id, detail_code, srcdom, srcvar, record_id
from ranked
where choice = 1
