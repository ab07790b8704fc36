{# Which infusions of CAR-T cells are one course (CIBMTR forms 4006 and 4100), in days between two of them.
   same_course_days    whatever is infused this soon after cells belongs to their course: bags over midnight, fractions, the
                       second product of a sequential cocktail
   same_product_days   the same product or order this soon is a further fraction, unless a progression was recorded or a line
                       started in between: a dose may be split by weeks (obecabtagene autoleucel: day 1 and day 10, up to
                       day 21 when it has to wait). Later it is a new therapy, whatever order it names #}
{% macro cart(name) -%}
{%- set numbers = {'same_course_days': '7', 'same_product_days': '28'} -%}
{{ numbers[name] }}
{%- endmacro %}

{# The courses of CAR-T cells of the followed subjects up to the data cut, one row a course and target antigen. anl01fl marks the
   course by which the subject was screened and that of time zero. #}
{% macro followed_courses() -%}
select
    followed.usubjid,
    followed.group_code,
    followed.stratum_code,
    cart.course_id,
    cart.target_antigen,
    cart.infused_date,
    cart.dose_cells_per_kg,
    cart.harvest_cells_per_kg,
    cart.transduction_percent,
    cart.viability_percent,
    cart.record_id,
    case when cart.course_id in (followed.course_id, screened.course_id) then 'Y' else 'N' end as anl01fl
from {{ ref('followed') }} as followed
inner join {{ ref('cart_course') }} as cart on followed.usubjid = cart.usubjid
inner join {{ ref('screened') }} as screened on followed.usubjid = screened.usubjid
cross join {{ source('meta', 'build') }} as build
where cart.infused_date <= build.data_cut_date
{%- endmacro %}
