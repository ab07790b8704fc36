-- Courses: one row a patient and day on which antineoplastic therapy starts, CAR-T infusions among it, and the day of first
-- diagnosis, from which nobody has to be treated. Responses are judged for each, so that no study has to be known here: bridging
-- by dates is a later question. A day that is only partly known starts no course: a time zero is never imputed. So the first
-- diagnosis that can be meant is the earliest record with a whole date which no other record can come before.
with started as (
    select usubjid, start_date, kind
    from {{ ref('therapy') }}
    where adtf is null
    union all
    select diagnosis.usubjid, min(diagnosis.diagnosed_day), 'diagnosis'
    from (
        select
            usubjid,
            {{ impute_first('diagnosed_date') }} as diagnosed_day,
            {{ date_imputation_flag('diagnosed_date') }} as adtf
        from {{ ref('stg_ehr__diagnosis') }}
    ) as diagnosis
    cross join {{ source('meta', 'build') }} as build
    where diagnosis.diagnosed_day <= build.data_cut_date
    group by diagnosis.usubjid
    having min(case when diagnosis.adtf is null then diagnosis.diagnosed_day end) = min(diagnosis.diagnosed_day)
)

select
    started.usubjid,
    started.usubjid || ':' || cast(started.start_date as string) as course_id,
    started.start_date as anchor_date,
    case min(case started.kind when 'cart' then 1 when 'diagnosis' then 3 else 2 end)
        when 1 then 'cart' when 2 then 'therapy' else 'diagnosis'
    end as course_kind,
    {{ join_distinct('infusion.target_antigen') }} as target_antigen
from started
left join {{ ref('cart_course') }} as infusion
    on started.usubjid = infusion.usubjid and started.start_date = infusion.infused_date
group by started.usubjid, started.start_date
