-- What all reports of one day say together, one row a patient and day: reports of body regions, addenda under a number of
-- their own and two readers are one visit, and are never compared with each other.
-- Evaluable when one report is; the PET reports also by themselves. Of two statements the worse counts, what could be judged before what could not ("none", which
-- speaks of a region without disease, after both); the longer spleen; the higher SUVmax. Uptake: the change that goes with a
-- score of 4 or 5 before one that goes with a lower score.
-- is_measured: disease was looked for on CT: an evaluable CT or MRI, or a PET/CT that measures a lesion.
-- record_id, ..._record_id: the report that stands for the day (a CT or MRI before a PET/CT), and those whose word counts.
{% set marrow = ['new', 'unchanged', 'reduced', 'normal', 'not_assessed'] -%}
{% set nontarget = ['progressed', 'stable', 'regressed', 'absent', 'normal', 'not_assessed', 'none'] -%}
{% set score = ['5', '4', '3', '2', '1', 'X'] -%}
{% set uptake = ['increased', 'unchanged', 'decreased'] -%}
with measuring as (
    select distinct record_id
    from {{ ref('stg_ris__target_lesion') }}
    where ldi_mm is not null and sdi_mm is not null or ldi_mm = 0
),

ranked as (
    select
        study.*,
        study.is_evaluable and (study.scan_kind = 'CT' or measuring.record_id is not null) as is_measured,
        case when study.deauville_code in ('4', '5') then study.uptake_change_code end as high_uptake_change_code,
        {% for name, order in {
            'day': "study.is_evaluable desc, study.scan_kind",
            'pet': "study.is_evaluable desc, " ~ position('study.deauville_code', score) ~ " nulls last",
            'pet_marrow': position('study.marrow_code', marrow) ~ " nulls last",
            'marrow': position('study.marrow_code', marrow) ~ " nulls last",
            'nontarget': position('study.nontarget_code', nontarget) ~ " nulls last",
            'spleen': "study.spleen_mm desc nulls last",
        }.items() -%}
        row_number() over (
            partition by study.usubjid, study.performed_date{% if name in ('pet', 'pet_marrow') %}, study.scan_kind{% endif %}
            order by {{ order }}, study.report_no desc, study.record_id
        ) as {{ name }}_rank{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('imaging_study') }} as study
    left join measuring on study.record_id = measuring.record_id
)

select
    usubjid,
    performed_date,
    max(case when scan_kind = 'CT' then 1 else 0 end) = 1 as has_ct,
    max(case when scan_kind = 'PET' then 1 else 0 end) = 1 as has_pet,
    max(case when is_evaluable then 1 else 0 end) = 1 as is_evaluable,
    max(case when is_measured then 1 else 0 end) = 1 as is_measured,
    max(case when scan_kind = 'PET' and is_evaluable then 1 else 0 end) = 1 as is_pet_evaluable,
    {{ first_listed('marrow_code', marrow) }} as marrow_code,
    {{ first_listed('nontarget_code', nontarget) }} as nontarget_code,
    max(spleen_mm) as spleen_mm,
    {{ first_listed("case when scan_kind = 'PET' then marrow_code end", marrow) }} as pet_marrow_code,
    {{ first_listed("case when scan_kind = 'PET' then deauville_code end", score) }} as deauville_code,
    coalesce(
        {{ first_listed("case when scan_kind = 'PET' then high_uptake_change_code end", uptake) }},
        {{ first_listed("case when scan_kind = 'PET' then uptake_change_code end", uptake) }}
    ) as uptake_change_code,
    max(case when scan_kind = 'PET' then suv_max end) as suv_max,
    max(case when day_rank = 1 then record_id end) as record_id,
    max(case when scan_kind = 'PET' and pet_rank = 1 then record_id end) as pet_record_id,
    max(case when scan_kind = 'PET' and pet_marrow_rank = 1 then record_id end) as pet_marrow_record_id,
    max(case when marrow_rank = 1 then record_id end) as marrow_record_id,
    max(case when nontarget_rank = 1 then record_id end) as nontarget_record_id,
    max(case when spleen_rank = 1 then record_id end) as spleen_record_id
from ranked
group by usubjid, performed_date
