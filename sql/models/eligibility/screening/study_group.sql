-- Group, stratum and time zero, one row a screened patient with therapy after failure or CD20 cells on order.
-- Filled whether or not the patient is included; adam.adsl shows groups of included patients only.
select
    patient.usubjid,
    index_therapy.group_code,
    index_therapy.stratum_code,
    index_therapy.noncart_class_code,
    index_therapy.class_codes as index_class_codes,
    index_therapy.outside_reason,
    case when index_therapy.adtf is null then index_therapy.start_date end as time_zero_date,
    anchor.course_id,
    coalesce(cd20_order.is_ordered_not_infused, false) as is_cd20_ordered_not_infused,
    coalesce(cd20_order.has_manufacturing_failure, false) as has_manufacturing_failure,
    index_therapy.record_id
from {{ ref('index_infusion') }} as patient
left join {{ ref('index_therapy') }} as index_therapy on patient.usubjid = index_therapy.usubjid
left join {{ ref('anchor') }} as anchor on patient.usubjid = anchor.usubjid and anchor.anchor = 'time_zero'
left join {{ ref('cd20_order') }} as cd20_order on patient.usubjid = cd20_order.usubjid
where index_therapy.usubjid is not null or cd20_order.usubjid is not null
