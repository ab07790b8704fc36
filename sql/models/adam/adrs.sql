{{ config(contract={'enforced': true}) }}
-- Responses of the followed patients: every assessment after time zero (OVRLRESP, CLINPD when recorded without imaging), the best
-- response (BOR; empty when unrated), the first response (RSP) and the first progression (PD).
-- anl01fl: within the rating window, up to and including the first PD and the day of new therapy.
with assessed as (
    select
        usubjid,
        case assessment_kind_code when 'clinical' then 'CLINPD' else 'OVRLRESP' end as paramcd,
        avalc,
        assessment_date as adt,
        adtf,
        case when is_counted then 'Y' else 'N' end as anl01fl,
        srcdom,
        record_id
    from {{ ref('followup_assessment') }}
    union all
    select usubjid, 'BOR', best_response_code, best_response_date, adtf, 'Y', srcdom, record_id
    from {{ ref('best_response') }}
    union all
    select usubjid, 'RSP', avalc, first_response_date, adtf, 'Y', srcdom, record_id
    from {{ ref('first_response') }}
    union all
    select usubjid, 'PD', 'PD', assessment_date, adtf, 'Y', srcdom, record_id
    from (
        select *, row_number() over (partition by usubjid order by assessment_no) as choice
        from {{ ref('followup_assessment') }}
        where avalc = 'PD'
    ) as progressed
    where choice = 1
)

select
    assessed.usubjid,
    assessed.paramcd,
    case assessed.paramcd
        when 'OVRLRESP' then 'Response at a time point' || coalesce(declared.source_words, '')
        when 'CLINPD' then 'Progression without imaging'
        when 'BOR' then 'Best response'
        when 'RSP' then 'First response'
        else 'First progression'
    end as param,
    assessed.avalc,
    cast(case assessed.avalc when 'CR' then 1 when 'PR' then 2 when 'SD' then 3 when 'PD' then 5 when 'NE' then 6 end as double) as aval,
    assessed.adt,
    cast({{ days_between('followed.time_zero_date', 'assessed.adt') }} + 1 as integer) as ady,
    assessed.adtf,
    assessed.anl01fl,
    followed.group_code,
    followed.stratum_code,
    assessed.srcdom,
    source.srcseq,
    assessed.record_id
from assessed
inner join {{ ref('followed') }} as followed on assessed.usubjid = followed.usubjid
left join {{ source('study', 'response') }} as declared on true
left join {{ ref('source_sequence') }} as source
    on assessed.usubjid = source.usubjid and assessed.srcdom = source.srcdom and assessed.record_id = source.record_id
