-- Every record that may become a baseline value, whatever the study asks for: one row a patient, item and record, up to the cut.
-- seq numbers the candidates of an item in order of time; of one day, the highest is the last. Grades and stages of one day come
-- without an hour: the worst of them counts as the last, whatever their numbers; so does the higher of two biopsies of one moment.
with candidate as (
    select * from {{ ref('candidate__clinical') }}
    union all
    select * from {{ ref('candidate__imaging') }}
    union all
    select * from {{ ref('candidate__laboratory') }}
    union all
    select * from {{ ref('candidate__pathology') }}
)

select
    candidate.usubjid,
    candidate.item,
    candidate.value_num,
    candidate.value_txt,
    candidate.evidence_date,
    candidate.collected_at,
    cast(row_number() over (
        partition by candidate.usubjid, candidate.item
        order by
            candidate.evidence_date,
            candidate.collected_at nulls first,
            case when candidate.collected_at is null or candidate.srcdom in ('mi', 'gf') then candidate.value_num end nulls first,
            length(candidate.source_no),
            candidate.source_no,
            candidate.record_id
    ) as integer) as seq,
    candidate.srcdom,
    candidate.record_id
from candidate
cross join {{ source('meta', 'build') }} as build
where candidate.evidence_date <= build.data_cut_date
