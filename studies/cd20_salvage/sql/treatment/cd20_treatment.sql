-- The CD20 infusion of each patient of the CD20 group and the bridging to it, one row a patient.
with treated as (
    select study_group.usubjid, infusion.course_id, infusion.infused_date
    from {{ ref('study_group') }} as study_group
    inner join {{ ref('cart_course') }} as infusion
        on study_group.course_id = infusion.course_id and infusion.target_antigen = 'CD20'
    where study_group.group_code = 'cd20'
),

bridging as (
    select therapy.usubjid, {{ join_distinct('class.class_code') }} as class_codes
    from {{ ref('therapy_after_failure') }} as therapy
    inner join treated on therapy.usubjid = treated.usubjid and therapy.bridged_infusion_date = treated.infused_date
    left join {{ ref('therapy_class') }} as class
        on therapy.usubjid = class.usubjid and therapy.therapy_id = class.therapy_id
    group by therapy.usubjid
)

select
    treated.usubjid,
    treated.course_id,
    treated.infused_date,
    bridging.usubjid is not null as has_bridging,
    bridging.class_codes as bridging_classes
from treated
left join bridging on treated.usubjid = bridging.usubjid
