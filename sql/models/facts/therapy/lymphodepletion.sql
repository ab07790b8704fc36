-- Lymphodepletion before each CAR-T infusion: drugs given for it in the 14 days before. Fludarabine names the regimen, else
-- bendamustine; none when nothing was given. A dose of which the day is not known counts if it can lie in these days.
with dose as (
    select
        administration.usubjid,
        administration.drug_code,
        {{ impute_first('administration.start_date') }} as first_date,
        {{ impute_last('administration.start_date') }} as last_date
    from {{ ref('stg_ehr__drug_administration') }} as administration
    left join {{ ref('stg_ehr__therapy_line') }} as line
        on administration.line_id = line.line_id and administration.usubjid = line.usubjid
    where administration.administration_status = 'given'
        and (administration.indication_code = 'lymphodepletion' or line.intent_code = 'lymphodepletion')
)

select
    infusion.usubjid,
    infusion.course_id,
    infusion.target_antigen,
    case max(case dose.drug_code when 'fludarabine' then 3 when 'bendamustine' then 2 else case when dose.usubjid is not null then 1 end end)
        when 3 then 'fludarabine'
        when 2 then 'bendamustine'
        when 1 then 'other'
        else 'none'
    end as lymphodepletion_code
from {{ ref('cart_course') }} as infusion
left join dose
    on infusion.usubjid = dose.usubjid
    and dose.first_date < infusion.infused_date
    and {{ days_between('dose.last_date', 'infusion.infused_date') }} <= 14
group by infusion.usubjid, infusion.course_id, infusion.target_antigen
