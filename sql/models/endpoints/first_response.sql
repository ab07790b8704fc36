-- First complete or partial response that counts, one row a responder: from here runs the duration of response.
with ranked as (
    select
        *,
        row_number() over (partition by usubjid order by assessment_no) as choice
    from {{ ref('followup_assessment') }}
    where is_counted and avalc in ('CR', 'PR')
)

select usubjid, assessment_date as first_response_date, avalc, adtf, srcdom, srcvar, record_id
from ranked
where choice = 1
