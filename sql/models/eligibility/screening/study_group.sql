-- Group, stratum and time zero, one row a screened subject for whom something happened at time zero; filled whether or not the
-- subject is included. By rules: what happened on that day is one combination, and the first rule that fits it (a class that it
-- contains, or a flag of the subject) gives the group. By an item: its code is the group, where the study compares it. A day that
-- is known in part is no time zero.
with started as (
    select occurrence.*
    from {{ source('study', 'time_zero') }} as zero
    inner join {{ ref('anchor_occurrence') }} as occurrence on zero.anchor = occurrence.anchor
),

classed as (
    select started.usubjid, started.record_id, started.srcdom, started.srcvar, class.detail_code as class_code
    from started
    cross join {{ source('study', 'grouping') }} as grouping
    left join {{ ref('study_fact') }} as class
        on grouping.fact = class.fact and started.usubjid = class.usubjid and started.source_id = class.source_id
),

fitting as (
    select classed.usubjid, rule.seq
    from {{ source('study', 'group_rule') }} as rule
    inner join classed on rule.class_code = classed.class_code
    union
    select started.usubjid, rule.seq
    from {{ source('study', 'group_rule') }} as rule
    inner join {{ ref('item_ungrouped') }} as held on rule.item = held.item and held.value_num = 1
    inner join started on held.usubjid = started.usubjid
),

first_rule as (
    select usubjid, min(seq) as seq
    from fitting
    group by usubjid
),

combination as (
    select
        usubjid,
        max(case when class_code is null then 1 else 0 end) as has_unknown_class,
        {{ join_distinct('class_code') }} as class_codes
    from classed
    group by usubjid
),

deciding_record as (  -- the record of the class that decided; of several the lowest
    select
        classed.usubjid,
        min(classed.record_id) as record_id,
        min_by(classed.srcdom, classed.record_id) as srcdom,
        min_by(classed.srcvar, classed.record_id) as srcvar
    from classed
    left join first_rule on classed.usubjid = first_rule.usubjid
    left join {{ source('study', 'group_rule') }} as rule on first_rule.seq = rule.seq
    where rule.class_code is null or classed.class_code = rule.class_code
    group by classed.usubjid
),

judged as (
    select
        day.usubjid,
        grouping.by_code,
        grouping.otherwise,
        combination.class_codes,
        combination.has_unknown_class,
        deciding_record.record_id,
        deciding_record.srcdom,
        deciding_record.srcvar,
        rule.outside,
        rule.subgroup_code,
        rule.stratum_code,
        held.value_txt as item_code,
        case grouping.by_code
            when 'rules' then rule.group_code
            when 'item' then compared.group_code
            else 'all'
        end as group_code
    from (select distinct usubjid from started) as day
    cross join {{ source('study', 'grouping') }} as grouping
    inner join combination on day.usubjid = combination.usubjid
    inner join deciding_record on day.usubjid = deciding_record.usubjid
    left join first_rule on day.usubjid = first_rule.usubjid
    left join {{ source('study', 'group_rule') }} as rule on first_rule.seq = rule.seq
    left join {{ ref('item_ungrouped') }} as held on day.usubjid = held.usubjid and grouping.item = held.item
    left join {{ source('study', 'study_group') }} as compared on held.value_txt = compared.group_code
)

select
    judged.usubjid,
    judged.group_code,
    case when judged.by_code = 'rules' then judged.stratum_code else judged.group_code end as stratum_code,
    judged.subgroup_code,
    judged.class_codes as index_class_codes,
    case
        when judged.group_code is not null then cast(null as string)
        when judged.outside is not null then judged.outside
        when judged.by_code = 'rules' and judged.has_unknown_class = 1 then cast(null as string)
        when judged.by_code = 'item' and judged.item_code is null then cast(null as string)
        else judged.otherwise
    end as outside_reason,
    state.occurred_date as start_date,
    state.adtf,
    known.anchor_date as time_zero_date,
    known.course_id,
    judged.srcdom,
    judged.srcvar,
    judged.record_id
from judged
cross join {{ source('study', 'time_zero') }} as zero
inner join {{ ref('anchor_state') }} as state on judged.usubjid = state.usubjid and zero.anchor = state.anchor
left join {{ ref('anchor') }} as known on judged.usubjid = known.usubjid and zero.anchor = known.anchor
