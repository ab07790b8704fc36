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
   baseline_days, merge_days           house readings: oldest response baseline; CT and PET this close are one time point #}
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
} -%}
{{ numbers[name] }}
{%- endmacro %}

{# How bad a response is, for "the worst counts": what could be judged beats what could not. #}
{% macro response_severity(response) -%}
case {{ response }} when 'PD' then 4 when 'SD' then 3 when 'PR' then 2 when 'CR' then 1 else 0 end
{%- endmacro %}
