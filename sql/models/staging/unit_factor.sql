-- What one of a reported unit is in the standard unit of a quantity: one row a quantity and unit text that is understood.
-- A reading of the text counts where it is of the quantity's own kind, or of a kind that converts into it: mass and amount
-- of substance by the molar mass, equivalents by the charge, international units of an enzyme as its units. A text whose
-- readings would give different factors is ambiguous and has no row.
with fitting as (
    select
        quantity.lbtestcd,
        reading.unit_text,
        case
            when reading.base_unit = 'eq.m-3' then 'mol.m-3'
            when reading.base_unit = '[iU].m-3' then quantity.base_unit
            else reading.base_unit
        end as base_unit,
        case
            when reading.base_unit = quantity.base_unit then reading.factor
            when reading.base_unit = 'kg.m-3' and quantity.base_unit = 'mol.m-3'
                then reading.factor * 1000 / quantity.molar_mass_g_per_mol
            when reading.base_unit = 'mol.m-3' and quantity.base_unit = 'kg.m-3'
                then reading.factor / 1000 * quantity.molar_mass_g_per_mol
            when reading.base_unit = 'eq.m-3' and quantity.base_unit = 'mol.m-3' then reading.factor / quantity.charge_no
            -- one unit is one micromole a minute
            when reading.base_unit = '[iU].m-3' and quantity.is_iu_u then reading.factor * 1e-6 / 60
        end / quantity.factor as factor
    from {{ ref('quantity') }} as quantity
    cross join {{ source('ingest', 'unit_reading') }} as reading
)

select
    lbtestcd,
    unit_text,
    max(base_unit) as base_unit,
    max(factor) as factor
from fitting
where factor > 0
group by lbtestcd, unit_text
having max(factor) <= min(factor) * 1.000001
