-- Records of one person that say different things of one day, one specimen or one thing, where nothing tells which is right. One
-- row a record, column and what it is about (value_code: the marker, gene, test, ...). Until the source is corrected:
--   the worse or higher counts    ECOG and staging; uptake and marrow on PET; rearranged, mutated; cells counted; toxicity
--   the later result counts       stains and laboratory results of one specimen; of stains resulted together the higher
--   the poorer counts             batches of one order and harvest
--   it is unknown                 histology of two reports of one moment; the cause of a death, also of fatal events
--   the heavier counts            body weight on the day of the cells, so that no dose per kg is told too high
--   the record that stayed counts what was entered twice as one thing (duplicate_content)
{% set said = [
    ('ehr_performance_status', 'ecog_grade', ['assessed_date'], 'null'),
    ('ehr_disease_staging', 'ann_arbor_stage', ['assessed_date'], 'null'),
    ('ehr_disease_staging', 'extranodal_sites_count', ['assessed_date'], 'null'),
    ('ehr_disease_staging', 'is_marrow_involved', ['assessed_date'], 'null'),
    ('ehr_disease_staging', 'is_cns_involved', ['assessed_date'], 'null'),
    ('ehr_adverse_event', 'toxicity_grade', ['term_code', 'onset_date'], 'term_code'),
    ('ehr_cart_infusion', 'body_weight_kg', ['infused_date'], 'null'),
    ('ehr_cart_manufacture', 'harvest_cells_per_kg', ['order_id', 'harvest_date'], 'null'),
    ('ehr_cart_manufacture', 'transduction_percent', ['order_id', 'harvest_date'], 'null'),
    ('ehr_cart_manufacture', 'viability_percent', ['order_id', 'harvest_date'], 'null'),
    ('lis_pathology', 'histology_code', ['collected_at'], 'null'),
    ('lis_ihc', 'positive_percent', ['report_no', 'marker_code', 'collected_at'], 'marker_code'),
    ('lis_fish', 'fish_result', ['report_no', 'gene_code'], 'gene_code'),
    ('lis_ngs', 'ngs_result', ['report_no', 'gene_code'], 'gene_code'),
    ('lis_lab_result', 'value_text', ['lbtestcd', 'lbspec', 'collected_at'], 'lbtestcd'),
    ('lis_flow_cytometry', 'value_text', ['population_code', 'specimen_code', 'collected_at'], 'population_code'),
    ('ris_imaging_report', 'uptake_change_code', ['performed_date', 'scan_kind'], 'null'),
    ('ris_imaging_report', 'marrow_code', ['performed_date', 'scan_kind'], 'null'),
] -%}
{# where it is said, if not in the staging model of the table, and what is no statement #}
{% set said_in = {
    'lis_lab_result': "(select *, lbstresc as value_text, coalesce(abs(lbstresn / nullif(try_cast(lborres as double), 0)), 0) * 0.5"
        ~ " * power(10, case when position('.' in lborres) > 0 then position('.' in lborres) - length(lborres) else 0 end)"
        ~ " as rounded_by from " ~ ref('lb') ~ ")",
    'lis_flow_cytometry': "(select usubjid, record_id, population_code, specimen_code, collected_at, case when is_below_limit then 'below the limit' else coalesce(comparator, '=') || " ~ number_text('value') ~ " end as value_text from " ~ ref('flow_value') ~ " where problem_code is null)",
    'ris_imaging_report': "(select * from " ~ ref('imaging_study') ~ " where scan_kind = 'PET')",
} -%}
{# what is one statement all the same: one result told in two units, each rounded where its laboratory rounds #}
{% set agreeing = {
    'lis_lab_result': "count(distinct coalesce(lborresu, '')) > 1 and count(*) = count(lbstresn)"
        ~ " and max(lbstresn - rounded_by) <= min(lbstresn + rounded_by)",
} -%}
{% set no_statement = {
    'fish_result': "('failed')", 'ngs_result': "('failed')", 'marrow_code': "('not_assessed')"
} -%}
with contradicted as (
{% for table, column, of_one, code in said %}
    select distinct
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        cast({{ 'said.' ~ code if code != 'null' else code }} as string) as value_code,
        said.usubjid,
        said.record_id
    from {{ said_in.get(table, ref('stg_' ~ table[:3] ~ '__' ~ table[4:])) }} as said
    inner join (
        select usubjid{% for name in of_one %}, {{ name }}{% endfor %}
        from {{ said_in.get(table, ref('stg_' ~ table[:3] ~ '__' ~ table[4:])) }}
        where {{ column }} is not null
            {%- if column in no_statement %} and {{ column }} not in {{ no_statement[column] }}{% endif %}
        group by usubjid{% for name in of_one %}, {{ name }}{% endfor %}
        having min(cast({{ column }} as string)) <> max(cast({{ column }} as string))
            {%- if table in agreeing %} and not ({{ agreeing[table] }}){% endif %}
    ) as differing
        on said.usubjid = differing.usubjid
        {%- for name in of_one %}
        and {{ '(said.' ~ name ~ ' is null and differing.' ~ name ~ ' is null or said.' ~ name ~ ' = differing.' ~ name ~ ')'
            if name in ('lbspec', 'specimen_code') else 'said.' ~ name ~ ' = differing.' ~ name }}
        {%- endfor %}
    where said.{{ column }} is not null
        {%- if column in no_statement %} and said.{{ column }} not in {{ no_statement[column] }}{% endif %}
    union all
{% endfor %}
    select table_name, column_name, null, usubjid, record_id
    from {{ ref('differing_twin') }}
    union all
    select distinct 'ehr_death', 'cause_code', null, one.usubjid, one.record_id
    from {{ ref('death_cause') }} as one
    inner join {{ ref('death_cause') }} as other
        on one.usubjid = other.usubjid
        and one.cause_code <> other.cause_code
        and one.earliest_date <= other.latest_date
        and other.earliest_date <= one.latest_date
    union all
    select 'ehr_adverse_event', 'attribution_code', null, event.usubjid, event.record_id
    from {{ ref('death_record') }} as record
    inner join {{ ref('stg_ehr__adverse_event') }} as event on record.record_id = event.record_id
    where record.srcdom = 'ae' and record.cause_code = 'unknown' and event.attribution_code <> 'unknown'
)

select
    'records_contradict' as finding_code,
    usubjid,
    record_id,
    cast(null as string) as detail_code,
    table_name,
    column_name,
    value_code
from contradicted
