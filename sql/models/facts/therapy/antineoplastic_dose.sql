-- Given doses of antineoplastic drugs up to the cut, one row a record.
select dose.*
from {{ ref('given_dose') }} as dose
cross join {{ source('meta', 'build') }} as build
where dose.dose_date <= build.data_cut_date
