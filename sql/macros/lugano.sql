{# The numbers of the Lugano classification (Cheson 2014, doi 10.1200/JCO.2013.54.8800) and of this house's readings of
   it, each named once. Lengths in mm; decimals, so that a boundary is a boundary.
   node_ldi_mm, extranodal_ldi_mm      abnormal (measurable) above this longest diameter (LDi)
   growth_ratio                        product of diameters against its nadir: this factor or more is progression, if also
   small_growth_mm, large_growth_mm    a diameter grew by this much: lesions up to small_lesion_ldi_mm at nadir, larger ones
   partial_spd_ratio                   sum of products at or under this part of baseline: partial response
   normal_spleen_mm                    longer is splenomegaly
   spleen_excess_ratio                 excess over normal above this factor of its nadir: progression
   spleen_growth_mm                    the same without splenomegaly at baseline: growth over baseline
   spleen_regression_ratio             partial response: excess under this part of the excess at baseline
   suv_change_min_percent              SUVmax differs by more than this from baseline: changed (EORTC, Young 1999, doi 10.1016/s0959-8049(99)00229-4)
   (a new lesion has no smallest size: new_lesion.sql)
   baseline_days, merge_days           house readings: oldest response baseline; CT and PET this close are one time point,
                                       studies this close before the baseline are part of it
   reader_difference_percent           house reading: two sizes of one lesion on one day that differ by more are a finding #}
{% macro lugano(name) -%}
{%- set numbers = {
    'node_ldi_mm': '15.0',
    'extranodal_ldi_mm': '10.0',
    'growth_ratio': '1.5',
    'small_lesion_ldi_mm': '20.0',
    'small_growth_mm': '5.0',
    'large_growth_mm': '10.0',
    'partial_spd_ratio': '0.5',
    'normal_spleen_mm': '130.0',
    'spleen_excess_ratio': '1.5',
    'spleen_growth_mm': '20.0',
    'spleen_regression_ratio': '0.5',
    'baseline_days': '42',
    'merge_days': '14',
    'suv_change_min_percent': '25',
    'reader_difference_percent': '20',
} -%}
{{ numbers[name] }}
{%- endmacro %}

{# How bad a response is, for "the worst counts": what could be judged beats what could not. #}
{% macro response_severity(response) -%}
case {{ response }} when 'PD' then 4 when 'SD' then 3 when 'PR' then 2 when 'CR' then 1 else 0 end
{%- endmacro %}

{# Whether a lesion has a size that can be used: two diameters, or 0 for one that is no longer visible. #}
{% macro has_size(ldi, sdi) -%}
({{ ldi }} > 0 and {{ sdi }} > 0 or {{ ldi }} = 0 and coalesce({{ sdi }}, 0) = 0)
{%- endmacro %}

{# The label of a lesion without blanks (also the no-break and the ideographic one) and in capitals: "t 1" is T1. #}
{% macro lesion_label(text) -%}
upper(translate({{ text }}, '{{ " \t\u00a0\u3000" }}', ''))
{%- endmacro %}

{# Place of a code in a list; null when it is not in it. #}
{% macro position(code, codes) -%}
case {{ code }}{% for listed in codes %} when '{{ listed }}' then {{ loop.index }}{% endfor %} end
{%- endmacro %}

{# Of the codes that several reports give, the one that stands first in `codes`; null when none is among them. #}
{% macro first_listed(code, codes) -%}
case min({{ position(code, codes) }}){% for listed in codes %} when {{ loop.index }} then '{{ listed }}'{% endfor %} end
{%- endmacro %}
