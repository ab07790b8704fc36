-- CD19 and CD20 on the tumour by day of biopsy: one row a patient, antigen and day. Positive if any method is,
-- unknown while one that is not known to be negative may be. positive_percent: the stain's, else that of flow cytometry; of several, the last of the day, of one time the higher. Its record is record_id;
-- status_record_id is one that shows the status.
with ranked as (
    select
        *,
        row_number() over (
            partition by usubjid, antigen_code, collected_date
            order by
                case method_code when 'ihc' then 0 else 1 end,
                collected_at desc,
                positive_percent desc nulls last,
                measurement_no desc
        ) as preference
    from {{ ref('antigen_measurement') }}
)

select
    usubjid,
    antigen_code,
    collected_date,
    max(collected_at) as collected_at,
    max(case when preference = 1 then positive_percent end) as positive_percent,
    max(case when preference = 1 then comparator end) as comparator,
    max(case when preference = 1 then record_id end) as record_id,
    case
        when max(case when is_positive then 1 else 0 end) = 1 then 'positive'
        when count(is_positive) = count(*) then 'negative'
    end as status_code,
    coalesce(
        max(case when is_positive then record_id end), max(case when preference = 1 then record_id end)
    ) as status_record_id
from ranked
group by usubjid, antigen_code, collected_date
