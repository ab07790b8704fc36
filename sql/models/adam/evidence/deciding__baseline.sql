{{ config(contract={'enforced': true}) }}
-- What decided each baseline value: its record, and the other stains, probes or lesions that its rule looked at; where there
-- is no value, what was looked for. Age rests on the patient's record.
with value as (
    select usubjid, item, record_id, value_num
    from {{ ref('baseline') }}
),

stained as (
    select value.usubjid, value.item, stain.record_id, coo.deciding_marker, stain.marker_code
    from value
    inner join {{ ref('coo') }} as coo on value.record_id = coo.record_id and value.usubjid = coo.usubjid
    inner join {{ ref('stain') }} as stain on coo.usubjid = stain.usubjid and coo.report_no = stain.report_no
    where value.item = 'coo_code'
        and (
            stain.marker_code = 'CD10'
            or stain.marker_code = 'BCL6' and coo.deciding_marker in ('BCL6', 'MUM1')
            or stain.marker_code = 'MUM1' and coo.deciding_marker = 'MUM1'
        )
),

probed as (
    select value.usubjid, value.item, probe.record_id, lower(probe.gene_code) as gene
    from value
    inner join {{ ref('rearrangement') }} as report on value.record_id = report.record_id and value.usubjid = report.usubjid
    inner join {{ ref('stg_lis__fish') }} as probe on report.usubjid = probe.usubjid and report.report_no = probe.report_no
    where value.item = 'is_double_triple_hit' and (probe.gene_code = 'MYC' or report.is_myc_rearranged)
),

measured as (
    select value.usubjid, value.item, value.record_id, lesion.lesion_code
    from value
    inner join (
        select record_id, lesion_code, greatest(coalesce(ldi_mm, 0), coalesce(sdi_mm, 0)) as longest_mm
        from {{ ref('stg_ris__target_lesion') }}
        union all
        select record_id, lesion_code, longest_mm
        from {{ ref('stg_ris__new_lesion') }}
    ) as lesion on value.record_id = lesion.record_id and lesion.longest_mm = value.value_num
    where value.item = 'max_lesion_mm'
)

select
    usubjid,
    'baseline.' || item as concept,
    cast(null as varchar) as row_key,
    record_id,
    cast(null as varchar) as part,
    'value' as role,
    cast(null as varchar) as note
from value
where item not in ('coo_code', 'is_double_triple_hit', 'max_lesion_mm')
union
select usubjid, 'baseline.' || item, null, record_id, null, marker_code, null
from stained
union
select usubjid, 'baseline.' || item, null, record_id, null, gene, null
from probed
union
select value.usubjid, 'baseline.' || value.item, null, value.record_id, measured.lesion_code, 'longest lesion', null
from value
left join measured on value.usubjid = measured.usubjid and value.record_id = measured.record_id
where value.item = 'max_lesion_mm'
union
select
    patient.usubjid,
    'baseline.' || item.item,
    null,
    null,
    null,
    'not found',
    'no ' || item.item || ' from day ' || coalesce(cast(item.from_day as varchar), '...') || ' to '
    || coalesce(cast(item.to_day as varchar), '...') || ' of ' || item.anchor || coalesce(', after ' || item.after, '')
    || coalesce(', until ' || item.until, '')
from {{ ref('index_infusion') }} as patient
cross join {{ source('study', 'baseline_item') }} as item
left join value on patient.usubjid = value.usubjid and item.item = value.item
where value.usubjid is null
union
select patient.usubjid, 'baseline.age', null, patient.record_id, null, 'birth', null
from {{ ref('stg_ehr__patient') }} as patient
inner join {{ ref('index_infusion') }} as screened on patient.usubjid = screened.usubjid
