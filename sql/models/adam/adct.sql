{{ config(contract={'enforced': true}) }}
-- CRS and ICANS (ASTCT 2019) after the CAR-T infusions of the followed patients, one row an infusion and parameter: the
-- grade the clinician recorded (CRSREC, ICANREC), the grade derived from the signs (CRSDER, ICANDER), and days from infusion
-- to the first day derived (CRSONS, ICANONS). An undecided grade has no row.
with infusion as (
    {{ followed_courses() }}
),

parameter as (
    {% for prefix, name, model in [('CRS', 'CRS', 'crs_episode'), ('ICAN', 'ICANS', 'icans_episode')] %}
    select course_id, '{{ prefix }}REC' as paramcd, '{{ name }} grade, recorded' as param, recorded_grade as aval, record_id
    from {{ ref(model) }}
    union all
    select course_id, '{{ prefix }}DER', '{{ name }} grade, derived', derived_grade, record_id
    from {{ ref(model) }}
    union all
    select
        course_id,
        '{{ prefix }}ONS',
        '{{ name }}, days from infusion to onset, derived',
        {{ days_between('infused_date', 'onset_date') }},
        record_id
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    infusion.usubjid,
    parameter.paramcd,
    parameter.param,
    infusion.target_antigen,
    infusion.course_id,
    infusion.infused_date as adt,
    cast(parameter.aval as double) as aval,
    infusion.anl01fl,
    infusion.group_code,
    infusion.stratum_code,
    case when parameter.record_id is null then 'ex' else 'ae' end as srcdom,
    coalesce(parameter.record_id, infusion.record_id) as record_id
from infusion
inner join parameter on infusion.course_id = parameter.course_id
where parameter.aval is not null
