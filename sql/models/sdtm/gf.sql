-- SDTM GF: genomic findings, one row a FISH probe or sequenced gene of a biopsy.
with observation as (
    select
        usubjid,
        'REARRANG' as gftestcd,
        gene_code as gfsym,
        fish_result as gforres,
        null as gfpvrid,
        report_no as gfrefid,
        cast(collected_date as string) as gfdtc,
        record_id
    from {{ ref('stg_lis__fish') }}
    union all
    select
        usubjid,
        'MUTATION',
        gene_code,
        ngs_result,
        hgvs_text,
        report_no,
        cast(collected_date as string),
        record_id
    from {{ ref('stg_lis__ngs') }}
)

select
    usubjid,
    'GF' as domain,
    cast(row_number() over (partition by usubjid order by gfdtc, gfsym, gftestcd, record_id) as integer) as gfseq,
    gftestcd,
    gfsym,
    gforres,
    gfpvrid,
    gfrefid,
    gfdtc,
    record_id
from observation
