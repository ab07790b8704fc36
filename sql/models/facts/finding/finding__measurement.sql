-- Findings of flow cytometry and of doses. One row a finding and record; value_code is the population or the drug.
-- flow_unit_unknown: the unit is not understood for cells (or, on the tumour, for a share of cells).
-- flow_value_...: no usable number (model reported_value), or another unit behind the number than in the record.
-- flow_specimen_missing: CAR-T cells counted in a material that was not sent: they may not be those of the blood. Not used.
-- dose_unit_unknown: the unit of a dose is missing, not understood or ambiguous. No rule uses the dose itself.
{% for problem_code in [
    'unit_unknown', 'value_not_numeric', 'value_unreadable', 'value_ambiguous', 'value_out_of_range', 'value_unit_conflict',
    'value_implausible'
] %}
select 'flow_{{ problem_code }}' as finding_code, usubjid, record_id,
    {{ "coalesce(unit_text, 'no unit')" if problem_code == 'unit_unknown' else 'population_code' }} as detail_code,
    population_code as value_code
from {{ ref('flow_value') }}
where problem_code = '{{ problem_code }}'
union all
{% endfor %}
select 'flow_specimen_missing', counted.usubjid, counted.record_id, cast(null as string), counted.population_code
from {{ ref('stg_lis__flow_cytometry') }} as counted
inner join {{ source('raw', 'lis_flow_cytometry') }} as raw on counted.record_id = raw.record_id
where counted.population_code in ('cart_cd19', 'cart_cd20')
    and raw.specimen_code is null
union all
select 'dose_unit_unknown', dose.usubjid, dose.record_id, coalesce(dose.dose_unit, 'no unit'), dose.drug_code
from {{ ref('stg_ehr__drug_administration') }} as dose
left join (
    select unit_text
    from {{ source('ingest', 'unit_reading') }}
    -- mass or amount, enzyme or international units: as such, by body surface, by weight; a volume, a rate, an area under the curve
    where base_unit in (
        'kg', 'kg.m-2', '1', 'mol', 'mol.m-2', 'mol.kg-1', 'mol.s-1', 'mol.m-2.s-1', 'mol.kg-1.s-1',
        '[iU]', '[iU].m-2', '[iU].kg-1', 'm3', 'kg.s-1', 'kg.s.m-3'
    )
    group by unit_text
    having count(*) = 1
) as understood on dose.dose_unit = understood.unit_text
where dose.dose_value is not null
    and understood.unit_text is null
