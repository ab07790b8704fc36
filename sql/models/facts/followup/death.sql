-- Deaths up to the data cut, one row a patient: the record that counts (death_record). A death after the cut, or one that a
-- sign of life after the cut puts there, has not happened yet.
select
    record.usubjid,
    record.death_date,
    record.adtf,
    record.cause_code,
    record.srcdom,
    record.srcvar,
    record.record_id
from {{ ref('death_record') }} as record
cross join {{ source('meta', 'build') }} as build
where record.is_counted
    and record.death_date <= build.data_cut_date
