-- Anti-lymphoma drugs around the CD19 infusion and before its failure, bridging excepted: doses inside the span (a drug that
-- was running before counts if given again), and lines without a dose on record that start inside it. One row a record.
-- A day that is known in part is the first it can be, but neither before the infusion nor before the failure when these can be it.
with given as (
    select usubjid, dose_date as first_date, adtf, intent_code, record_id
    from {{ ref('antilymphoma_dose') }}
    union all
    select usubjid, start_date, adtf, intent_code, record_id
    from {{ ref('therapy_line') }}
    where class_codes is null
),

ranged as (
    select
        given.*,
        case adtf
            when 'D' then last_day(first_date)
            when 'M' then make_date(year(first_date), 12, 31)
            else first_date
        end as last_date
    from given
),

placed as (
    select
        ranged.usubjid,
        ranged.intent_code,
        ranged.record_id,
        index_infusion.infused_date,
        index_infusion.failure_date,
        greatest(
            ranged.first_date,
            case when index_infusion.infused_date <= ranged.last_date then index_infusion.infused_date else ranged.first_date end,
            case when index_infusion.failure_date <= ranged.last_date then index_infusion.failure_date else ranged.first_date end
        ) as given_date
    from ranged
    inner join {{ ref('index_infusion') }} as index_infusion on ranged.usubjid = index_infusion.usubjid
)

select placed.usubjid, placed.given_date, placed.record_id
from placed
cross join (
    select
        {{ study_parameter('concurrent_from_day') }} as first_day,
        {{ study_parameter('concurrent_to_day') }} as last_day
) as span
where coalesce(placed.intent_code, 'treatment') <> 'bridging'
    and {{ days_between('placed.infused_date', 'placed.given_date') }} between span.first_day and span.last_day
    and (placed.failure_date is null or placed.given_date < placed.failure_date)
