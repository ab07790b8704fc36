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
