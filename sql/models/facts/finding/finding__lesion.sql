-- Findings of what imaging reports say of lesions. One row a finding and record.
-- diameters_swapped: the perpendicular diameter is the longer one. The longer counts as the longest.
-- diameters_not_usable: one diameter of a lesion is missing, or only one is 0: the lesion counts as not measured.
-- lesion_twice_in_report: a report lists a lesion twice (case and blanks of the label apart). The larger product counts.
-- sizes_differ_on_day: two reports of one day give a lesion products, or the spleen lengths, that differ by more than 20 %. The larger counts.
-- scores_differ_on_day: two PET reports of one day give different Deauville scores. The higher counts.
-- lesion_kind_differs: a lesion is called nodal here and extranodal elsewhere. In a course it is what it was called first.
-- more_than_six_targets: the reports of a day list more than six measured lesions. All count.
-- pet_value_on_ct: a CT or MRI carries a Deauville score, a change of uptake or an SUVmax. Not used.
-- part_of_unknown_lesion: a lesion is named part of one that no report measures.
-- size_tenfold: the longest diameter is about a tenth or ten times of what it was before and after (cm for mm?), or
-- about a tenth of one of them with decimals, as a length in cm has. Used as it is.
{% set tenth, ten_times, width_tenth = 'between 0.08 and 0.125', 'between 8 and 12.5', 'between 0.05 and 0.2' -%}
with listed as (
    select
        lesion.usubjid,
        study.performed_date,
        lesion.record_id,
        lesion.lesion_code,
        lesion.lesion_kind,
        lesion.ldi_mm,
        lesion.sdi_mm,
        study.is_evaluable
    from {{ ref('stg_ris__target_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
),

product as (
    select
        usubjid,
        performed_date,
        record_id,
        lesion_code as item,
        lesion_kind as detail_code,
        coalesce(ldi_mm * sdi_mm, 0) as size  -- gone: 0 x 0, or 0 and nothing
    from listed
    where is_evaluable and {{ has_size('ldi_mm', 'sdi_mm') }}
    union all
    select usubjid, performed_date, record_id, 'spleen', 'spleen', cast(spleen_mm as double)
    from {{ ref('imaging_study') }}
    where spleen_mm is not null
),

of_day as (
    select
        *,
        max(size) over (partition by usubjid, performed_date, item) as largest
    from product
),

score as (
    select usubjid, performed_date, min(deauville_code) as lowest, max(deauville_code) as highest
    from {{ ref('imaging_study') }}
    where scan_kind = 'PET' and deauville_code is not null
    group by usubjid, performed_date
),

kind as (
    select usubjid, lesion_code
    from {{ ref('stg_ris__target_lesion') }}
    group by usubjid, lesion_code
    having min(lesion_kind) <> max(lesion_kind)
),

crowded as (
    select usubjid, performed_date
    from listed
    where ldi_mm is not null or sdi_mm is not null
    group by usubjid, performed_date
    having count(distinct lesion_code) > 6
),

length_mm as (
    select
        usubjid,
        performed_date,
        lesion_code,
        lesion_kind,
        cast(ldi_mm as double) as length_mm,
        cast(nullif(sdi_mm, 0) as double) as width_mm,
        record_id
    from {{ ref('lesion_size') }}
    where ldi_mm > 0 and not (ldi_mm = 5 and sdi_mm = 5)
),

neighboured as (
    select
        *,
        length_mm / lag(length_mm) over (partition by usubjid, lesion_code order by performed_date) as to_last,
        length_mm / lead(length_mm) over (partition by usubjid, lesion_code order by performed_date) as to_next,
        width_mm / lag(width_mm) over (partition by usubjid, lesion_code order by performed_date) as width_to_last,
        width_mm / lead(width_mm) over (partition by usubjid, lesion_code order by performed_date) as width_to_next
    from length_mm
),

tenfold as (
    select *
    from neighboured
    where to_last {{ tenth }} and to_next {{ tenth }}
        or to_last {{ ten_times }} and to_next {{ ten_times }}
        or (
            (length_mm <> floor(length_mm) or width_mm <> floor(width_mm))
            and (
                to_last {{ tenth }} and width_to_last {{ width_tenth }}
                or to_next {{ tenth }} and width_to_next {{ width_tenth }}
            )
        )
)

select distinct 'diameters_swapped' as finding_code, usubjid, record_id, lesion_kind as detail_code
from listed
where sdi_mm > ldi_mm and ldi_mm > 0
union all
select distinct 'diameters_not_usable', usubjid, record_id, lesion_kind
from listed
where coalesce(ldi_mm, sdi_mm) is not null
    and not coalesce({{ has_size('ldi_mm', 'sdi_mm') }}, false)
union all
select distinct 'lesion_twice_in_report', usubjid, record_id, lesion_kind
from (
    select usubjid, record_id, lesion_code, min(lesion_kind) as lesion_kind
    from listed
    group by usubjid, record_id, lesion_code
    having count(*) > 1
) as repeated
union all
select distinct 'sizes_differ_on_day', usubjid, record_id, detail_code
from of_day
where size < largest * (100 - {{ lugano('reader_difference_percent') }}) / 100
union all
select 'scores_differ_on_day', study.usubjid, study.record_id, study.deauville_code
from {{ ref('imaging_study') }} as study
inner join score on study.usubjid = score.usubjid and study.performed_date = score.performed_date
where study.scan_kind = 'PET' and study.deauville_code is not null and score.lowest <> score.highest
union all
select distinct 'lesion_kind_differs', lesion.usubjid, lesion.record_id, lesion.lesion_kind
from {{ ref('stg_ris__target_lesion') }} as lesion
inner join kind on lesion.usubjid = kind.usubjid and lesion.lesion_code = kind.lesion_code
union all
select distinct 'more_than_six_targets', listed.usubjid, listed.record_id, cast(null as string)
from listed
inner join crowded on listed.usubjid = crowded.usubjid and listed.performed_date = crowded.performed_date
union all
{% for column in ['deauville_code', 'uptake_change_code', 'suv_max'] -%}
select 'pet_value_on_ct', usubjid, record_id, '{{ column }}'
from {{ ref('stg_ris__imaging_report') }}
where modality_code <> 'PET_CT' and {{ column }} is not null
union all
{% endfor -%}
select distinct 'part_of_unknown_lesion', part.usubjid, part.record_id, part.lesion_kind
from {{ ref('stg_ris__target_lesion') }} as part
left join {{ ref('lesion_size') }} as whole
    on part.usubjid = whole.usubjid and part.part_of_lesion_code = whole.lesion_code
where part.part_of_lesion_code is not null and whole.lesion_code is null
union all
select distinct 'size_tenfold', usubjid, record_id, lesion_kind
from tenfold
