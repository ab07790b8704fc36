-- Everything in the data that a data manager should look at: one row a finding and record. Each topic has its own model; a new
-- one is added here.
{% for topic in ['identity', 'follow_up', 'laboratory', 'toxicity', 'imaging', 'pathology', 'therapy'] -%}
select finding_code, usubjid, record_id, detail_code
from {{ ref('finding__' ~ topic) }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
