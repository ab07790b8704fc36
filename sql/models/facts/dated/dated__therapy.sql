-- Dated facts of therapy: every start, its classes, lines, ends, doses, transplants and radiotherapy.
-- treatment_line numbers what is given to treat: lines of that intent or under trial, and courses of cells, whatever their target; what
-- starts on one day is one number. A line of which nobody knows the intent may be one: it has no number, nor has any after it.
-- Bridging, maintenance, conditioning and radiotherapy alone are no lines of treatment.
-- value_num of a start: the days to the first CAR-T infusion that it can bridge, one ordered on or before the start and given
-- after it. Until that infusion nobody knows it, so such a start has a row without it up to then.
with bridged as (
    select therapy.usubjid, therapy.therapy_id, min(course.infused_date) as infused_date
    from {{ ref('therapy') }} as therapy
    inner join {{ ref('cart_course') }} as course
        on therapy.usubjid = course.usubjid
        and therapy.start_date >= course.ordered_date
        and therapy.start_date < course.infused_date
    where therapy.kind <> 'cart'
    group by therapy.usubjid, therapy.therapy_id
),

started as (
    select
        therapy.*,
        bridged.infused_date,
        therapy.usubjid || ':' || cast(therapy.start_date as string) as course_id,
        case when therapy.kind = 'cart' then 'ex' when therapy.kind in ('line', 'drug') then 'cm' else 'pr' end as srcdom
    from {{ ref('therapy') }} as therapy
    left join bridged on therapy.usubjid = bridged.usubjid and therapy.therapy_id = bridged.therapy_id
),

version as (
    select *, cast(null as integer) as bridging_days, start_date as known_date, infused_date as superseded_date
    from started
    union all
    select *, {{ days_between('start_date', 'infused_date') }}, infused_date, null
    from started
    where infused_date is not null
),

line_class as (
    select usubjid, line_id, class_code, min(dose_date) as class_date
    from {{ ref('antineoplastic_dose') }}
    where line_id is not null and class_code is not null
    group by usubjid, line_id, class_code
),

classed as (
    select class.usubjid, class.therapy_id, class.class_code, line_class.class_date
    from {{ ref('therapy_class') }} as class
    left join line_class
        on class.usubjid = line_class.usubjid
        and class.therapy_id = 'line:' || line_class.line_id
        and class.class_code = line_class.class_code
),

treating as (
    select usubjid, start_date, adtf, intent_code, 'line' as kind, 'line:' || line_id as source_id, 'cm' as srcdom, record_id
    from {{ ref('therapy_line') }}
    where coalesce(intent_code, 'treatment') in ('treatment', 'trial')
    union all
    select usubjid, infused_date, null, 'treatment', 'cart', course_id, 'ex', min(record_id)
    from {{ ref('cart_course') }}
    group by usubjid, infused_date, course_id
),

numbered as (
    select
        *,
        row_number() over (partition by usubjid order by start_date, kind, source_id) as order_no,
        case
            when count(case when intent_code is null then 1 end) over (partition by usubjid order by start_date) = 0
                then dense_rank() over (partition by usubjid order by start_date)
        end as line_no
    from treating
),

-- A line whose first drugs are unknown has no class until one that is known is given.
first_class as (
    select version.usubjid, version.therapy_id, min(coalesce(classed.class_date, version.start_date)) as class_date
    from version
    inner join classed on version.usubjid = classed.usubjid and version.therapy_id = classed.therapy_id
    group by version.usubjid, version.therapy_id
),

class_version as (
    select
        version.*,
        classed.class_code,
        greatest(version.known_date, coalesce(classed.class_date, version.known_date)) as class_known_date,
        version.superseded_date as class_superseded_date
    from version
    inner join classed on version.usubjid = classed.usubjid and version.therapy_id = classed.therapy_id
    union all
    select
        version.*,
        null,
        version.known_date,
        least(coalesce(first_class.class_date, version.superseded_date), coalesce(version.superseded_date, first_class.class_date))
    from version
    left join first_class on version.usubjid = first_class.usubjid and version.therapy_id = first_class.therapy_id
)

select {{ dated_columns({
    'fact': "'therapy_start'",
    'fact_date': 'start_date',
    'latest_date': 'latest_start_date',
    'adtf': 'adtf',
    'value_num': 'bridging_days',
    'value_txt': 'intent_code',
    'detail_code': 'kind',
    'course_id': 'course_id',
    'source_id': 'therapy_id',
    'known_date': 'known_date',
    'superseded_date': 'superseded_date',
    'srcdom': 'srcdom',
    'srcvar': "srcdom || 'stdtc'",
}) }}
from version
union all
select {{ dated_columns({
    'fact': "'therapy_class'",
    'fact_date': 'start_date',
    'latest_date': 'latest_start_date',
    'adtf': 'adtf',
    'value_num': 'bridging_days',
    'value_txt': 'intent_code',
    'detail_code': 'class_code',
    'course_id': 'course_id',
    'source_id': 'therapy_id',
    'known_date': 'class_known_date',
    'superseded_date': 'class_superseded_date',
    'srcdom': 'srcdom',
    'srcvar': "srcdom || 'stdtc'",
}) }}
from class_version
where class_superseded_date is null or class_known_date < class_superseded_date
union all
select {{ dated_columns({
    'fact': "'therapy_line'",
    'fact_date': 'start_date',
    'latest_date': latest_of('start_date', 'adtf'),
    'adtf': 'adtf',
    'value_num': 'cycles_count',
    'value_txt': 'intent_code',
    'course_id': "usubjid || ':' || cast(start_date as string)",
    'source_id': "'line:' || line_id",
    'srcdom': "'cm'",
    'srcvar': "'cmstdtc'",
}) }}
from {{ ref('therapy_line') }}
union all
select {{ dated_columns({
    'fact': "'treatment_line'",
    'order_no': 'order_no',
    'fact_date': 'start_date',
    'latest_date': latest_of('start_date', 'adtf'),
    'adtf': 'adtf',
    'value_num': 'line_no',
    'value_txt': 'intent_code',
    'detail_code': 'kind',
    'course_id': "usubjid || ':' || cast(start_date as string)",
    'source_id': 'source_id',
    'srcdom': 'srcdom',
    'srcvar': "srcdom || 'stdtc'",
}) }}
from numbered
union all
select {{ dated_columns({
    'usubjid': 'line.usubjid',
    'fact': "'therapy_end'",
    'fact_date': impute_first('line.end_date'),
    'latest_date': impute_last('line.end_date'),
    'adtf': date_imputation_flag('line.end_date'),
    'value_txt': 'started.intent_code',
    'detail_code': "'line'",
    'source_id': "'line:' || line.line_id",
    'srcdom': "'cm'",
    'srcvar': "'cmendtc'",
    'record_id': 'line.record_id',
}) }}
from {{ ref('stg_ehr__therapy_line') }} as line
inner join {{ ref('therapy_line') }} as started on line.usubjid = started.usubjid and line.line_id = started.line_id
where line.end_date is not null
union all
select {{ dated_columns({
    'fact': "'drug_dose'",
    'fact_date': 'dose_date',
    'latest_date': latest_of('dose_date', 'adtf'),
    'adtf': 'adtf',
    'value_txt': 'intent_code',
    'detail_code': 'class_code',
    'srcdom': "'cm'",
    'srcvar': "'cmstdtc'",
}) }}
from {{ ref('antineoplastic_dose') }}
union all
select {{ dated_columns({
    'usubjid': 'line.usubjid',
    'fact': "'drug_dose'",
    'fact_date': 'line.start_date',
    'latest_date': latest_of('line.start_date', 'line.adtf'),
    'adtf': 'line.adtf',
    'value_txt': 'line.intent_code',
    'superseded_date': 'known.class_date',
    'srcdom': "'cm'",
    'srcvar': "'cmstdtc'",
    'record_id': 'line.record_id',
}) }}
from {{ ref('therapy_line') }} as line
left join (
    select usubjid, line_id, min(class_date) as class_date
    from line_class
    group by usubjid, line_id
) as known on line.usubjid = known.usubjid and line.line_id = known.line_id
where known.class_date is null or line.start_date < known.class_date
union all
select {{ dated_columns({
    'fact': "case procedure_code when 'radiotherapy' then 'radiotherapy' else 'transplant' end",
    'fact_date': impute_first('performed_date'),
    'latest_date': impute_last('performed_date'),
    'adtf': date_imputation_flag('performed_date'),
    'value_num': "case when procedure_code = 'radiotherapy' then dose_gy end",
    'detail_code': 'procedure_code',
    'source_id': 'procedure_id',
    'srcdom': "'pr'",
    'srcvar': "'prstdtc'",
}) }}
from {{ ref('stg_ehr__procedure') }}
where procedure_code in ('radiotherapy', 'autologous_sct', 'allogeneic_sct')
