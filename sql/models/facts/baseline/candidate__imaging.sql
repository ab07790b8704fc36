-- Baseline candidate from imaging: the longest diameter of any lesion, measured or new, sure or not, on the studies of one day.
-- Studies of a day are taken together (a PET/CT beside a CT often names new lesions only), and the study that shows the
-- longest diameter is the evidence. An evaluable study without a single size is no candidate.
with diameter as (
    select record_id, ldi_mm as diameter_mm from {{ ref('stg_ris__target_lesion') }}
    union all
    select record_id, sdi_mm from {{ ref('stg_ris__target_lesion') }}
    union all
    select record_id, longest_mm from {{ ref('stg_ris__new_lesion') }}
),

ranked as (
    select
        study.*,
        diameter.diameter_mm,
        row_number() over (
            partition by study.usubjid, study.performed_date order by diameter.diameter_mm desc, study.report_no desc
        ) as size_rank
    from {{ ref('imaging_study') }} as study
    inner join diameter on study.record_id = diameter.record_id
    where study.is_evaluable and diameter.diameter_mm is not null
)

select
    usubjid,
    'max_lesion_mm' as item,
    cast(diameter_mm as double) as value_num,
    cast(null as string) as value_txt,
    performed_date as evidence_date,
    performed_at as collected_at,
    report_no as source_no,
    'tr' as srcdom,
    record_id
from ranked
where size_rank = 1
