-- Lesions that merged or split are one for comparison. One row a patient, state of the links and lesion that belongs to a group.
-- link_no counts the days on which a report named a lesion part of another; from each such day on all links told until then
-- hold, for merged lesions may part again and stay comparable only together. Earlier days are judged without the link.
-- group_code: the first label of those that hang together, directly or by others.
{% set steps = 5 -%}
with link as (
    select distinct study.usubjid, study.performed_date, lesion.lesion_code, lesion.part_of_lesion_code
    from {{ ref('stg_ris__target_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
    where study.is_evaluable and lesion.part_of_lesion_code <> lesion.lesion_code
),

state as (
    select
        usubjid,
        performed_date as linked_date,
        cast(row_number() over (partition by usubjid order by performed_date) as integer) as link_no
    from (select distinct usubjid, performed_date from link) as told
),

known as (
    select state.usubjid, state.linked_date, state.link_no, link.lesion_code, link.part_of_lesion_code
    from state
    inner join link on state.usubjid = link.usubjid and link.performed_date <= state.linked_date
),

neighbour as (
    select usubjid, linked_date, link_no, lesion_code, part_of_lesion_code as other_code from known
    union
    select usubjid, linked_date, link_no, part_of_lesion_code, lesion_code from known
    union
    select usubjid, linked_date, link_no, lesion_code, lesion_code from known
    union
    select usubjid, linked_date, link_no, part_of_lesion_code, part_of_lesion_code from known
),

reach_0 as (
    select distinct usubjid, linked_date, link_no, lesion_code, lesion_code as group_code from neighbour
)
{%- for step in range(steps) %},

reach_{{ step + 1 }} as (
    select neighbour.usubjid, neighbour.linked_date, neighbour.link_no, neighbour.lesion_code, min(reached.group_code) as group_code
    from neighbour
    inner join reach_{{ step }} as reached
        on neighbour.usubjid = reached.usubjid
        and neighbour.link_no = reached.link_no
        and neighbour.other_code = reached.lesion_code
    group by neighbour.usubjid, neighbour.linked_date, neighbour.link_no, neighbour.lesion_code
)
{%- endfor %}

select usubjid, link_no, linked_date, lesion_code, group_code
from reach_{{ steps }}
