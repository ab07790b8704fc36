-- Responses as an investigator rated them, one row a record, up to the data cut. A category that its criteria do not have, and
-- one whose category or criteria the hospital's lists do not know, is no response: both are findings.
select
    rating.usubjid,
    rating.rated_date,
    rating.criteria_code,
    rating.response_code as category_code,
    category.avalc,
    category.avalc <> 'NE' as is_adequate,
    rating.record_id
from {{ ref('stg_ehr__rated_response') }} as rating
inner join {{ ref('response_category') }} as category
    on rating.criteria_code = category.criteria_code and rating.response_code = category.category_code
cross join {{ source('meta', 'build') }} as build
where rating.rated_date <= build.data_cut_date
