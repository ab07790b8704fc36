-- Usable laboratory values of the blood up to the data cut, in the standard unit of the test: one row a result.
-- A result of the spinal fluid, the marrow or a tissue is of another system (LOINC): its limits and grades are not those of blood.
select
    lb.usubjid,
    lb.lbtestcd,
    cast(lb.lbdtc as date) as collected_date,
    lb.collected_at,
    cast(trim(leading '<>=' from lb.lbstresc) as double) as value,
    case
        when lb.lbstresn is not null then '='
        when substr(lb.lbstresc, 2, 1) = '=' then substr(lb.lbstresc, 1, 2)
        else substr(lb.lbstresc, 1, 1)
    end as comparator,
    lb.lbstresu as unit,
    lb.lbstnrlo as low,
    lb.lbstnrhi as high,
    lb.lborres as value_text,
    lb.record_id,
    lb.lbseq as seq
from {{ ref('lb') }} as lb
cross join {{ source('meta', 'build') }} as build
where lb.lbstresc is not null
    and {{ is_of_blood('lb.lbspec') }}
    and cast(lb.lbdtc as date) <= build.data_cut_date
