{{ config(meta={'column_comments': outcome_column_comments()}) }}
-- One row an included subject: every time-to-event outcome side by side. Days are plain differences from the start of the
-- endpoint; a month is 365/12 days. has_... says whether the event happened, else the time is censored.
select
    adsl.usubjid,
    adsl.group_code,
    adsl.stratum_code,
    adsl.time_zero_date,
    {% if var('has_response', true) -%}
    adsl.best_response_code,
    {% endif -%}
    {% for paramcd in var('endpoints', []) -%}
    {%- set name = paramcd | lower -%}
    max(case when adtte.paramcd = '{{ paramcd }}' then adtte.duration_days end) as {{ name }}_days,
    max(case when adtte.paramcd = '{{ paramcd }}' then adtte.duration_days end) * 12 / cast(365 as double) as {{ name }}_months,
    max(case when adtte.paramcd = '{{ paramcd }}' then case when adtte.cnsr = 0 then 1 else 0 end end) = 1 as has_{{ name }}_event,
    max(case when adtte.paramcd = '{{ paramcd }}' then adtte.evntdesc end) as {{ name }}_reason
    {%- if not loop.last %},
    {% endif -%}
    {%- endfor %}
from {{ ref('adsl') }} as adsl
inner join {{ ref('adtte') }} as adtte on adsl.usubjid = adtte.usubjid
where adsl.inclfl = 'Y'
group by adsl.usubjid, adsl.group_code, adsl.stratum_code, adsl.time_zero_date
    {%- if var('has_response', true) %}, adsl.best_response_code{% endif %}
