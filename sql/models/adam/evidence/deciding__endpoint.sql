{{ config(contract={'enforced': true}) }}
-- What decided each time to event: its start, its event or the fact at which it is censored, what ended observation before,
-- and the last sign of life where it placed a death of which the day is unknown.
-- The intervals of adam.adic have a left and a right end.
with endpoint as (
    select
        adtte.usubjid,
        adtte.paramcd,
        adtte.adt,
        adtte.cnsr,
        adtte.adtf,
        adtte.srcdom,
        adtte.record_id,
        start.record_id as start_record_id
    from {{ ref('adtte') }} as adtte
    inner join {{ ref('endpoint_start') }} as start on adtte.usubjid = start.usubjid and adtte.paramcd = start.paramcd
),

last_sign as (  -- what placed a death whose day is not known: as in death_record, the last contact within its period
    select
        death.record_id as death_record_id,
        contact.record_id,
        row_number() over (
            partition by death.record_id order by contact.srcdom, contact.srcvar, contact.record_id
        ) as choice
    from {{ ref('death_record') }} as death
    inner join {{ ref('contact') }} as contact
        on death.usubjid = contact.usubjid and death.death_date = contact.contact_date and contact.is_past
    where death.is_counted and death.adtf is not null
),

survival as (  -- a death, else the last day known alive
    select
        followed.usubjid,
        dated.record_id,
        case dated.fact when 'death' then 'death' else 'last known alive' end as said,
        row_number() over (partition by followed.usubjid order by dated.fact) as choice
    from {{ ref('followed') }} as followed
    inner join {{ ref('endpoint_fact') }} as dated
        on followed.usubjid = dated.usubjid and dated.fact in ('death', 'last_alive')
),

pointed as (
    select usubjid, 'endpoint.' || paramcd as concept, start_record_id as record_id, 'start' as said
    from endpoint
    union
    select usubjid, 'endpoint.' || paramcd, record_id, case when cnsr = 0 then 'event' else 'censored at' end
    from endpoint
    union
    select endpoint.usubjid, 'endpoint.' || endpoint.paramcd, dated.record_id, 'end of observation'
    from endpoint
    inner join {{ ref('endpoint_end') }} as ended
        on endpoint.usubjid = ended.usubjid and endpoint.paramcd = ended.paramcd
    inner join {{ ref('endpoint_candidate') }} as dated
        on endpoint.usubjid = dated.usubjid
        and endpoint.paramcd = dated.paramcd
        and dated.source_role = 'end'
        and ended.end_date = dated.fact_date
    where endpoint.cnsr > 0
    union
    select endpoint.usubjid, 'endpoint.' || endpoint.paramcd, event.record_id, 'event after the gap'
    from endpoint
    inner join {{ ref('assessment_gap') }} as gap
        on endpoint.usubjid = gap.usubjid and endpoint.paramcd = gap.paramcd
    inner join {{ ref('endpoint_event') }} as event
        on endpoint.usubjid = event.usubjid and endpoint.paramcd = event.paramcd and event.fact_date > gap.gap_date
    where endpoint.cnsr > 0
    union
    select endpoint.usubjid, 'endpoint.' || endpoint.paramcd, alive.record_id, 'last sign of life'
    from endpoint
    inner join last_sign as alive on endpoint.record_id = alive.death_record_id and alive.choice = 1
    where endpoint.cnsr = 0
    union
    select alive.usubjid, 'survival', alive.record_id, alive.said
    from survival as alive
    where alive.choice = 1
    union
    select alive.usubjid, 'survival', sign.record_id, 'last sign of life'
    from survival as alive
    inner join last_sign as sign on alive.record_id = sign.death_record_id and sign.choice = 1
    where alive.choice = 1
    union
    select usubjid, 'interval.' || paramcd, left_record_id, 'left end'
    from {{ ref('adic') }}
    union
    select usubjid, 'interval.' || paramcd, record_id, case when rdt is null then 'left end' else 'right end' end
    from {{ ref('adic') }}
),

course as (  -- the courses whose time points an endpoint can rest on
    select usubjid, course_id from {{ ref('followed') }}
    union
    select usubjid, course_id from {{ ref('screened') }}
),

response as (
    select source.*
    from {{ ref('response_source') }} as source
    inner join course on source.course_id = course.course_id
),

placed as (
    select
        pointed.*,
        case when pointed.said = 'start' and followed.record_id = pointed.record_id then 'item.time_zero' end as start_concept
    from pointed
    left join {{ ref('followed') }} as followed on pointed.usubjid = followed.usubjid
)

select
    placed.usubjid,
    placed.concept,
    cast(null as string) as row_key,
    coalesce(response.record_id, placed.record_id) as record_id,
    response.part,
    placed.said || coalesce(': ' || response.role, '') as role,
    cast(null as string) as note
from placed
left join response on placed.usubjid = response.usubjid and placed.record_id = response.response_record_id
where placed.start_concept is null
union
select placed.usubjid, placed.concept, null, zero.record_id, null, 'start: ' || zero.role, null
from placed
inner join {{ ref('deciding__item') }} as zero
    on placed.usubjid = zero.usubjid and placed.start_concept = zero.concept
