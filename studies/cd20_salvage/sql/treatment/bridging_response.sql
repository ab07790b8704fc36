-- Response to bridging, one row a bridged patient of the CD20 group: the last time point that could be rated after the first
-- bridging dose and up to the day of the infusion, judged by Lugano against the last scans before bridging. Empty: not known.
with bridging as (
    select treated.usubjid, treated.infused_date, min(therapy.start_date) as bridging_start_date
    from {{ ref('cd20_treatment') }} as treated
    inner join {{ ref('therapy_after_failure') }} as therapy
        on treated.usubjid = therapy.usubjid and treated.infused_date = therapy.bridged_infusion_date
    group by treated.usubjid, treated.infused_date
),

rated as (
    select
        bridging.usubjid,
        response.avalc,
        response.response_date,
        response.record_id,
        row_number() over (partition by bridging.usubjid order by response.timepoint_no desc) as recency
    from bridging
    inner join {{ ref('course') }} as course
        on bridging.usubjid = course.usubjid and bridging.bridging_start_date = course.anchor_date
    inner join {{ ref('timepoint_response') }} as response
        on course.course_id = response.course_id
        and response.is_adequate
        and response.response_date <= bridging.infused_date
)

select
    bridging.usubjid,
    bridging.bridging_start_date,
    rated.avalc as bridging_response_code,
    rated.response_date,
    rated.record_id
from bridging
left join rated on bridging.usubjid = rated.usubjid and rated.recency = 1
