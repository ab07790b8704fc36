-- Numbers of things that were entered twice, and the number under which each counts: one row a number that does not. Two
-- records of a person are one thing when all of their identity is known and equal (record_kind.sql). The record that is in
-- force stays; a number withdrawn or deleted still leads what names it to its twin.
{% for table in tables_of_kind('thing') -%}
{%- set what = record_kinds()[table] -%}
{%- set one = 'partition by usubjid, ' ~ what.identity | join(', ') -%}
{%- set order = 'order by case when is_in_force then 0 else 1 end, ' ~ (what.prefer ~ ', ' if what.prefer else '') ~ what.key -%}
select
    '{{ table }}' as table_name,
    usubjid,
    merged_no,
    counted_no,
    record_id,
    is_in_force
from (
    select
        usubjid,
        {{ what.key }} as merged_no,
        record_id,
        is_in_force,
        first_value({{ what.key }}) over ({{ one }} {{ order }}) as counted_no,
        max(case when is_in_force then 1 else 0 end) over ({{ one }}) as has_counted
    from (
        {% if table == 'ehr_therapy_line' -%}
        select line.*, drugs.drug_codes
        from ({{ last_version(table, patient_column(table)) }}) as line
        left join (
            select usubjid, line_id, {{ join_distinct('drug_code') }} as drug_codes
            from ({{ current_row('ehr_drug_administration', 'mrn') }}) as dose
            where administration_status = 'given'
            group by usubjid, line_id
        ) as drugs
            on line.usubjid = drugs.usubjid and line.line_id = drugs.line_id
        {%- else -%}
        {{ last_version(table, patient_column(table)) }}
        {%- endif %}
    ) as given
    where usubjid is not null
        {%- for part in what.identity %}
        and {{ part }} is not null
        {%- endfor %}
        {%- if what.enough %}
        and {{ what.enough }}
        {%- endif %}
) as compared
where has_counted = 1 and merged_no <> counted_no
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
