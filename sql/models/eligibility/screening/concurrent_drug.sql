-- Anti-lymphoma drugs around the CD19 infusion and before its failure, bridging excepted: doses inside the span (a drug that
-- was running before counts if given again), and lines without a dose on record that start inside it. One row a record.
with given as (
    select usubjid, dose_date as given_date, intent_code, record_id
    from {{ ref('antilymphoma_dose') }}
    union all
    select usubjid, start_date, intent_code, record_id
    from {{ ref('therapy_line') }}
    where class_codes is null
)

select given.usubjid, given.given_date, given.record_id
from given
inner join {{ ref('index_infusion') }} as index_infusion on given.usubjid = index_infusion.usubjid
cross join (
    select
        {{ study_parameter('concurrent_from_day') }} as first_day,
        {{ study_parameter('concurrent_to_day') }} as last_day
) as span
where coalesce(given.intent_code, 'treatment') <> 'bridging'
    and {{ days_between('index_infusion.infused_date', 'given.given_date') }} between span.first_day and span.last_day
    and (index_infusion.failure_date is null or given.given_date < index_infusion.failure_date)
