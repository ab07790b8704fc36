-- Dates that were later than the day on which their record was delivered: booked, planned, or a wrong year. One row a record and
-- column, with the name that its day has in staging (day_name). Such a record shows nobody alive, and is a finding.
{% for table, column in event_columns() %}
select
    '{{ table }}' as table_name,
    '{{ column }}' as column_name,
    '{{ column[:-3] ~ "_date" if column.endswith("_at") else column }}' as day_name,
    counted.usubjid,
    counted.record_id
from {{ ref('stg_' ~ table[:3] ~ '__' ~ table[4:]) }} as counted
inner join {{ source('raw', table) }} as raw on counted.record_id = raw.record_id
cross join {{ source('meta', 'build') }} as build
where {{ impute_first('substr(cast(raw.' ~ column ~ ' as string), 1, 10)') }}
    > {{ local_day('raw.delivered_at', 'build.hospital_zone') }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
