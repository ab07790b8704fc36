-- Values that no model could use, of every column that is read through a list or a limit (macros/understood.sql): one row a
-- finding and record, with the table, the column and the code or unit as they were sent. Reads the raw record behind each
-- staging row, because staging has made such a value unknown.
-- unknown_code: not in the code list of its column. Remedy: a row in the hospital's code map, or another code at the source.
-- implausible_value: beyond a limit of the seed plausible_limit; detail says whether it counts as unknown or is used.
-- date_after_delivery: its day is later than the one on which it was delivered (a booked visit shows nobody alive).
-- birth_date_implausible: born after the delivery, or more years before it than anybody lives.
-- birth_after_event: born after a diagnosis, an infusion or the death (detail); an age of less than nothing is unknown.
-- dose_for_weight: the infused cells do not fit the body weight; the dose counts as unknown.
-- end_before_start: it ended before it began.
-- stage_differs: stage I with several extranodal sites, or involved marrow below stage IV. Used as they are.
with coded as (
{% for table, column, list_name in coded_columns() %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        '{{ list_name }}' as list_name,
        {{ 'cast(null as string)' if table == 'ehr_cart_product' else 'counted.usubjid' }} as usubjid,
        counted.record_id,
        {{ 'counted.drug_code' if (table, column) == ('ehr_drug_administration', 'drug_code')
            else 'raw.' ~ column if '.' not in column else 'raw.element.' ~ column.split('.')[1] }} as value_code
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    inner join {{ raw_column(table, column) }} as raw on counted.record_id = raw.record_id
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

measured as (
{% for table, column in limited_columns() %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        {{ 'cast(null as string)' if table == 'ehr_cart_product' else 'counted.usubjid' }} as usubjid,
        counted.record_id,
        cast({{ 'raw.' ~ column if '.' not in column else 'raw.element.' ~ column.split('.')[1] }} as double) as number
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
    inner join {{ raw_column(table, column) }} as raw on counted.record_id = raw.record_id
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

-- A value beyond two limits is one finding, of the limit that decides more.
beyond as (
    select
        measured.table_name,
        measured.column_name,
        measured.usubjid,
        measured.record_id,
        max(case when plausible.action_code = 'unknown' then 1 else 0 end) as is_unknown,
        max(plausible.unit) as unit_text
    from measured
    inner join {{ ref('plausible_limit') }} as plausible
        on measured.table_name = plausible.table_name
        and measured.column_name = plausible.column_name
        and plausible.test_code is null
        and (measured.number < plausible.low or measured.number > plausible.high)
        and (plausible.allowed_value is null or measured.number <> plausible.allowed_value)
    group by measured.table_name, measured.column_name, measured.usubjid, measured.record_id
),

-- The person's last possible day of what nobody can have before birth.
lived as (
    select usubjid, 'ehr_diagnosis' as table_name, {{ impute_last('diagnosed_date') }} as last_day
    from {{ ref('stg_ehr__diagnosis') }}
    union all
    select usubjid, 'ehr_cart_infusion', infused_date
    from {{ ref('stg_ehr__cart_infusion') }}
    union all
    select usubjid, 'ehr_death', {{ impute_last('death_date') }}
    from {{ ref('stg_ehr__death') }}
),

ended as (
{% for table, start, stop in period_columns() %}
    select
        '{{ table }}' as table_name,
        '{{ stop }}' as column_name,
        usubjid,
        record_id,
        {{ impute_first('substr(cast(' ~ start ~ ' as string), 1, 10)') }} as first_day,
        {{ impute_last('substr(cast(' ~ stop ~ ' as string), 1, 10)') }} as last_day
    from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select distinct
    'unknown_code' as finding_code,
    coded.usubjid,
    coded.record_id,
    {{ shown_code('coded.value_code', 'text.tag') }} as detail_code,
    coded.table_name,
    coded.column_name,
    {{ shown_code('coded.value_code', 'text.tag') }} as value_code,
    cast(null as string) as unit_text
from coded
left join {{ ref('code_list') }} as known on coded.list_name = known.list_name and coded.value_code = known.code
left join {{ ref('code_map') }} as mapping
    on coded.table_name = mapping.table_name
    and coded.column_name = mapping.column_name
    and coded.value_code = mapping.sent_code
left join {{ source('identity', 'sent_text') }} as text on coded.value_code = text.source_text
where coded.value_code is not null and known.code is null and mapping.code is null
union all
select
    'implausible_value',
    usubjid,
    record_id,
    case when is_unknown = 1 then 'unknown' else 'used' end,
    table_name,
    column_name,
    cast(null as string),
    unit_text
from beyond
union all
select 'date_after_delivery', usubjid, record_id, cast(null as string), table_name, column_name, cast(null as string), cast(null as string)
from {{ ref('not_yet_happened') }}
union all
select 'birth_date_implausible', usubjid, record_id, cast(null as string), 'ehr_patient', 'birth_date', cast(null as string), cast(null as string)
from ({{ current_row('ehr_patient', 'mrn') }}) as person
where usubjid is not null and birth_date is not null and {{ plausible_birth('birth_date') }} is null
union all
select distinct 'birth_after_event', patient.usubjid, patient.record_id, lived.table_name, 'ehr_patient', 'birth_date', cast(null as string), cast(null as string)
from {{ ref('stg_ehr__patient') }} as patient
inner join lived on patient.usubjid = lived.usubjid and patient.birth_date > lived.last_day
union all
select 'dose_for_weight', counted.usubjid, counted.record_id, cast(null as string), 'ehr_cart_infusion', 'dose_cells', cast(null as string), cast(null as string)
from {{ ref('stg_ehr__cart_infusion') }} as counted
inner join {{ source('raw', 'ehr_cart_infusion') }} as raw on counted.record_id = raw.record_id
where counted.dose_cells is null
    and {{ plausible('ehr_cart_infusion', 'dose_cells', 'raw.dose_cells') }} is not null
union all
select 'end_before_start', usubjid, record_id, cast(null as string), table_name, column_name, cast(null as string), cast(null as string)
from ended
where last_day < first_day
union all
select 'stage_differs', usubjid, record_id, cast(ann_arbor_stage as string), 'ehr_disease_staging', 'ann_arbor_stage', cast(null as string), cast(null as string)
from {{ ref('stg_ehr__disease_staging') }}
where (ann_arbor_stage = 1 and extranodal_sites_count > 1) or (ann_arbor_stage < 4 and is_marrow_involved)
