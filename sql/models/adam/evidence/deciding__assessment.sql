{{ config(contract={'enforced': true}) }}
-- What decided the responses of the followed patients, at the visits and as best, first and worst; and their tumour burden.
-- row_key: the record that stands in the row of adam.adrs, adam.adtr.
with pointed as (
    select followed.course_id, adrs.usubjid, 'response.' || adrs.paramcd as concept, adrs.record_id as row_key, adrs.record_id
    from {{ ref('adrs') }} as adrs
    inner join {{ ref('followed') }} as followed on adrs.usubjid = followed.usubjid
    where adrs.record_id is not null
    union
    select followed.course_id, adrv.usubjid, 'visit.' || adrv.paramcd, null, adrv.record_id
    from {{ ref('adrv') }} as adrv
    inner join {{ ref('followed') }} as followed on adrv.usubjid = followed.usubjid
    where adrv.record_id is not null
),

lesion as (
    select lesion.course_id, lesion.record_id, lesion.lesion_code, lesion.is_baseline, study.performed_date
    from {{ ref('course_lesion') }} as lesion
    inner join {{ ref('imaging_study') }} as study on lesion.record_id = study.record_id
    where lesion.is_target
),

burden as (
    select adtr.usubjid, followed.course_id, adtr.paramcd, adtr.record_id as row_key, lesion.record_id, lesion.lesion_code, 'target lesion' as role
    from {{ ref('adtr') }} as adtr
    inner join {{ ref('followed') }} as followed on adtr.usubjid = followed.usubjid
    inner join lesion on followed.course_id = lesion.course_id and adtr.adt = lesion.performed_date
    union
    select adtr.usubjid, followed.course_id, adtr.paramcd, adtr.record_id, lesion.record_id, lesion.lesion_code, 'baseline lesion'
    from {{ ref('adtr') }} as adtr
    inner join {{ ref('followed') }} as followed on adtr.usubjid = followed.usubjid
    inner join lesion on followed.course_id = lesion.course_id and lesion.is_baseline
    where adtr.ablfl is null
)

select
    pointed.usubjid,
    pointed.concept,
    pointed.row_key,
    coalesce(source.record_id, pointed.record_id) as record_id,
    source.part,
    coalesce(source.role, 'decides') as role,
    cast(null as string) as note
from pointed
left join {{ ref('response_source') }} as source
    on pointed.course_id = source.course_id and pointed.record_id = source.response_record_id
union
select adrs.usubjid, 'response.BOR', null, assessment.record_id, null, 'not evaluable', null
from {{ ref('adrs') }} as adrs
inner join {{ ref('followup_assessment') }} as assessment on adrs.usubjid = assessment.usubjid
where adrs.paramcd = 'BOR' and adrs.record_id is null
union
select adrs.usubjid, 'response.BOR', null, null, null, 'not found', 'no assessment after time zero'
from {{ ref('adrs') }} as adrs
left join {{ ref('followup_assessment') }} as assessment on adrs.usubjid = assessment.usubjid
where adrs.paramcd = 'BOR' and adrs.record_id is null and assessment.usubjid is null
union
select usubjid, 'visit.' || paramcd, null, null, null, 'not found', 'no scan that counts in the window of the visit'
from {{ ref('adrv') }}
where record_id is null
union
select usubjid, 'burden.' || paramcd, row_key, record_id, lesion_code, role, null
from burden
