-- SDTM RS: disease response and clinical classification as recorded, one row a test: what the reader of the images or the
-- clinician stated. Responses by Lugano 2014 are derived in facts.timepoint_response.
-- Rated responses are numbered after the rest: a house that begins to send them keeps the numbers of what it had.
with observation as (
    select
        usubjid,
        'DEAUVLSC' as rstestcd,
        'IMAGING' as rscat,
        deauville_code as rsorres,
        cast(performed_date as string) as rsdtc,
        record_id
    from {{ ref('stg_ris__imaging_report') }}
    where deauville_code is not null
    union all
    select
        usubjid,
        'UPTAKE',
        'IMAGING',
        uptake_change_code,
        cast(performed_date as string),
        record_id
    from {{ ref('stg_ris__imaging_report') }}
    where uptake_change_code is not null
    union all
    select
        usubjid,
        'MARROW',
        'IMAGING',
        marrow_code,
        cast(performed_date as string),
        record_id
    from {{ ref('stg_ris__imaging_report') }}
    where marrow_code is not null
    union all
    select
        usubjid,
        'NTRGRESP',
        'IMAGING',
        nontarget_code,
        cast(performed_date as string),
        record_id
    from {{ ref('stg_ris__imaging_report') }}
    where nontarget_code is not null
    union all
    select
        usubjid,
        'CLINPD',
        'CLINICAL',
        'PD',
        progressed_date,
        record_id
    from {{ ref('stg_ehr__clinical_progression') }}
    union all
    select
        usubjid,
        'OVRLRESP',
        case criteria_code
            when 'lugano_2014' then 'LUGANO 2014'
            when 'recist_1_1' then 'RECIST 1.1'
            when 'iwcll_2018' then 'IWCLL 2018'
            when 'imwg_2016' then 'IMWG 2016'
        end,
        response_code,
        cast(rated_date as string),
        record_id
    from {{ ref('stg_ehr__rated_response') }}
    where response_code is not null
    union all
    select
        usubjid,
        'ECOG101',
        'ECOG',
        cast(ecog_grade as string),
        cast(assessed_date as string),
        record_id
    from {{ ref('stg_ehr__performance_status') }}
    where ecog_grade is not null
    union all
    select
        usubjid,
        'ANNARBOR',
        'STAGING',
        cast(ann_arbor_stage as string),
        cast(assessed_date as string),
        record_id
    from {{ ref('stg_ehr__disease_staging') }}
    where ann_arbor_stage is not null
    union all
    select
        usubjid,
        'EXTRANOD',
        'STAGING',
        cast(extranodal_sites_count as string),
        cast(assessed_date as string),
        record_id
    from {{ ref('stg_ehr__disease_staging') }}
    where extranodal_sites_count is not null
    union all
    select
        usubjid,
        'MARROWST',
        'STAGING',
        cast(is_marrow_involved as string),
        cast(assessed_date as string),
        record_id
    from {{ ref('stg_ehr__disease_staging') }}
    where is_marrow_involved is not null
    union all
    select
        usubjid,
        'CNSST',
        'STAGING',
        cast(is_cns_involved as string),
        cast(assessed_date as string),
        record_id
    from {{ ref('stg_ehr__disease_staging') }}
    where is_cns_involved is not null
)

select
    usubjid,
    'RS' as domain,
    cast(row_number() over (
        partition by usubjid
        order by case rstestcd when 'OVRLRESP' then 1 else 0 end, rsdtc, rstestcd, record_id
    ) as integer) as rsseq,
    rstestcd,
    rscat,
    rsorres,
    rsdtc,
    record_id
from observation
