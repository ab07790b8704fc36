-- Was the tumour biopsied again between the CD19 infusion and time zero? One row a patient with a time zero.
select
    zero.usubjid,
    max(case when pathology.record_id is not null then 1 else 0 end) = 1 as has_rebiopsy
from {{ ref('anchor') }} as zero
inner join {{ ref('index_infusion') }} as index_infusion on zero.usubjid = index_infusion.usubjid
left join {{ ref('stg_lis__pathology') }} as pathology
    on zero.usubjid = pathology.usubjid
    and pathology.collected_date > index_infusion.infused_date
    and pathology.collected_date <= zero.anchor_date
where zero.anchor = 'time_zero'
group by zero.usubjid
