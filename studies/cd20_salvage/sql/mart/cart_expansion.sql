-- One row a measurement of CAR-T cells in blood after the CD20 infusion of an included patient; below the limit of
-- quantitation counts as 0.
select
    followed.usubjid,
    followed.stratum_code,
    count_row.collected_date,
    count_row.days_since_infusion,
    count_row.cells_10e6_per_l,
    count_row.is_detectable,
    count_row.record_id
from {{ ref('followed') }} as followed
inner join {{ ref('cart_count') }} as count_row
    on followed.course_id = count_row.course_id and count_row.target_antigen = 'CD20'
cross join {{ source('meta', 'build') }} as build
where followed.group_code = 'cd20' and count_row.collected_date <= build.data_cut_date
