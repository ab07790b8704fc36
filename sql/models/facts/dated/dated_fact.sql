-- Every dated fact of the hospital that a study can ask for, one row a patient, fact, occurrence and state of knowledge: where the
-- hospital side ends. The catalogue (standards.fact) says what each holds.
-- A study with a data cut reads the rows that stand at it: known_date empty or on or before the cut, superseded_date empty or after
-- it; what is dated later (a contact that proves the patient alive) counts as of the cut. One occurrence then has one row.
-- occurrence orders the occurrences of a fact in time; of one day, the highest is the last.
with fact as (
    {% for part in ['person', 'therapy', 'cart', 'expansion', 'response', 'measurement'] -%}
    select * from {{ ref('dated__' ~ part) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    fact.usubjid,
    fact.fact,
    cast(dense_rank() over (
        partition by fact.usubjid, fact.fact
        order by
            fact.fact_date nulls first,
            fact.order_no nulls first,
            fact.collected_at nulls first,
            fact.source_id nulls first,
            case when fact.source_id is null then fact.record_id end nulls first,
            fact.detail_code nulls first,
            fact.course_id nulls first
    ) as integer) as occurrence,
    fact.fact_date,
    fact.latest_date,
    fact.adtf,
    fact.value_num,
    fact.value_txt,
    fact.detail_code,
    fact.course_id,
    fact.source_id,
    fact.collected_at,
    fact.known_date,
    fact.superseded_date,
    fact.srcdom,
    fact.srcvar,
    fact.record_id
from fact
cross join {{ source('meta', 'build') }} as build
where fact.known_date is null or fact.known_date <= build.data_cut_date
