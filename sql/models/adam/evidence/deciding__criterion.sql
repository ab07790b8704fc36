{{ config(contract={'enforced': true}) }}
-- What decided each criterion of each screened subject: of one that is met the items of every part, else that of the part that
-- stands for it.
with part as (
    select
        result.usubjid,
        result.criterion_id,
        piece.item,
        row_number() over (
            partition by result.usubjid, result.criterion_id
            order by case piece.status when 'not_met' then 1 when 'unknown' then 2 else 3 end, piece.part_no
        ) as place,
        result.status
    from {{ ref('criterion_result') }} as result
    inner join {{ ref('criterion_part') }} as piece
        on result.usubjid = piece.usubjid and result.criterion_id = piece.criterion_id
)

select
    part.usubjid,
    'criterion.' || part.criterion_id as concept,
    cast(null as string) as row_key,
    known.record_id,
    known.part,
    part.item || ': ' || known.role as role,
    known.note
from part
inner join {{ ref('deciding__item') }} as known
    on part.usubjid = known.usubjid and known.concept = 'item.' || part.item
where part.status = 'met' or part.place = 1
