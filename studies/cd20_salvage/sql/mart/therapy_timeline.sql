-- One row a start of anti-lymphoma therapy of a screened patient, with its place in the story of CD19 failure.
select
    therapy.usubjid,
    coalesce(later.start_date, therapy.start_date) as start_date,
    therapy.adtf,
    therapy.kind,
    therapy.intent_code,
    therapy.class_codes,
    case
        when therapy.start_date = screened.anchor_date and therapy.class_codes = 'cart_cd19' then 'CD19 infusion'
        when later.is_bridging then 'bridging'
        when later.start_date = compared.start_date then 'index therapy'
        when later.start_date > compared.start_date then 'after index therapy'
        when later.usubjid is not null then 'after failure'
        when therapy.start_date < screened.anchor_date then 'before CD19 infusion'
        else 'between CD19 infusion and failure'
    end as phase,
    cast({{ days_between('screened.anchor_date', 'therapy.start_date') }} as integer) as days_since_cd19_infusion,
    therapy.record_id
from {{ ref('therapy') }} as therapy
inner join {{ ref('screened') }} as screened on therapy.usubjid = screened.usubjid
left join {{ ref('therapy_after_failure') }} as later
    on therapy.usubjid = later.usubjid and therapy.therapy_id = later.therapy_id
left join {{ ref('study_group') }} as compared on therapy.usubjid = compared.usubjid
cross join {{ source('meta', 'build') }} as build
where therapy.start_date <= build.data_cut_date
