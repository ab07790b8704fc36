-- Items that grouping gives: group (outside: not among the compared; none: nothing started), stratum, subgroup, and the classes
-- that started at time zero.
select
    state.usubjid,
    declared.item,
    case declared.kind_code
        when 'group' then coalesce(
            study_group.group_code,
            case
                when study_group.outside_reason is not null then 'outside'
                when state.state_code = 'none' then 'none'
            end
        )
        when 'stratum' then study_group.stratum_code
        when 'subgroup' then study_group.subgroup_code
        else study_group.index_class_codes
    end as value_txt,
    study_group.start_date as evidence_date,
    study_group.record_id,
    case
        when declared.kind_code <> 'group' then cast(null as string)
        when state.state_code = 'none' then declared.otherwise
        else study_group.outside_reason
    end as reason
from {{ source('study', 'item') }} as declared
cross join {{ source('study', 'time_zero') }} as zero
inner join {{ ref('anchor_state') }} as state on zero.anchor = state.anchor
left join {{ ref('study_group') }} as study_group on state.usubjid = study_group.usubjid
where declared.kind_code in ('group', 'stratum', 'subgroup', 'classes')
