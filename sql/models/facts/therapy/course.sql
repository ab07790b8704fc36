-- Courses: one row a patient and day on which a CAR-T infusion or other anti-lymphoma therapy starts, from the first CAR-T
-- infusion on. Responses are judged for each, so that no study has to be known here: bridging by dates is a later question.
-- A day that is only partly known starts no course: a time zero is never imputed.
with first_infusion as (
    select usubjid, min(infused_date) as infused_date
    from {{ ref('cart_course') }}
    group by usubjid
)

select
    therapy.usubjid,
    therapy.usubjid || ':' || cast(therapy.start_date as varchar) as course_id,
    therapy.start_date as anchor_date,
    case when max(case when therapy.kind = 'cart' then 1 else 0 end) = 1 then 'cart' else 'therapy' end as course_kind,
    {{ join_distinct('infusion.target_antigen') }} as target_antigen
from {{ ref('therapy') }} as therapy
inner join first_infusion on therapy.usubjid = first_infusion.usubjid and therapy.start_date >= first_infusion.infused_date
left join {{ ref('cart_course') }} as infusion
    on therapy.usubjid = infusion.usubjid and therapy.start_date = infusion.infused_date
where therapy.adtf is null
group by therapy.usubjid, therapy.start_date
