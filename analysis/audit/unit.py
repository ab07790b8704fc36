"""Values that their unit makes unlikely in a patient: a table of what laboratories report, by analyte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cartwright.analysis.audit.claims import Claims
from cartwright.analysis.audit.finding import SUSPICIOUS, Finding

PEAKS = ("median", "iqr", "range", "mean")


@dataclass(frozen=True)
class Plausible:
    """Range of a summary over treated patients, in `unit`; `factors` turn other units into it."""

    pattern: str
    unit: str
    low: float
    high: float
    factors: dict[str, float]

    def convert(self, value: float, unit: str) -> float | None:
        factor = {self.unit.lower(): 1.0, **self.factors}.get(unit.lower())
        return None if factor is None else value * factor


# Low ends: far below the reference range of adults; high ends: beyond what is reported after cell therapy.
MASS = {"pg/ml": 1e-3, "ug/l": 1.0, "mg/l": 1e3}
PLAUSIBLE = (
    Plausible(r"ferritin(_peak)?", "ng/ml", 5, 1e6, MASS),
    Plausible(r"il6(_peak)?|il10(_peak)?|tnfa(_peak)?|ifng(_peak)?", "pg/ml", 0.05, 1e6, {"ng/ml": 1e3, "ng/l": 1.0}),
    Plausible(r"crp(_peak)?", "mg/l", 0.05, 1000, {"mg/dl": 10.0}),
    Plausible(r"age", "years", 0, 110, {"months": 1 / 12}),
    Plausible(r"infusion_dose", "10^6 cells/kg", 0.01, 100, {"cells/kg": 1e-6}),
    Plausible(r"peak_expansion", "10^6 cells/l", 0.001, 1e5, {"cells/ul": 1.0}),
    Plausible(r"\w*time_to_peak", "days", 0, 90, {"months": 365 / 12, "hours": 1 / 24}),
)


def check_units(claims: Claims) -> Iterator[Finding]:
    for claim in claims:
        known = next((rule for rule in PLAUSIBLE if re.fullmatch(rule.pattern, claim.variable)), None)
        if known is None or claim.statistic not in PEAKS:
            continue
        for number in (claim.number, claim.low, claim.high):
            if number is None:
                continue
            value = known.convert(number.value, claim.unit)
            if value is not None and not known.low <= value <= known.high:
                yield Finding(
                    "unit",
                    SUSPICIOUS,
                    claim.id,
                    f"{claim.variable} {number.text} {claim.unit} = {value:g} "
                    f"{known.unit}, outside {known.low:g} to {known.high:g} {known.unit}: unlikely unit",
                    (),
                    f"{number.text} {claim.unit}",
                    value,
                )
                break
