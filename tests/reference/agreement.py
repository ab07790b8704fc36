"""Compare our numbers with R's, and write docs/agreement.md from the comparison:

python tests/reference/agreement.py
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

HOME = Path(__file__).parent
PAGE = HOME.parents[1] / "docs" / "agreement.md"
FLOOR = 1e-12  # differences below are rounding and vary with the machine

# Promised largest difference, by start of the method's name (first match counts)
GOALS = {
    "cox": 1e-8,
    "ph test": 1e-8,
    "fine-gray": 1e-8,
    "profile": 1e-8,
    "logistic": 1e-8,
    "residuals": 1e-8,
    "turnbull": 1e-8,
    "propensity": 1e-8,
    "standardised survival": 1e-8,
    "firth": 1e-6,
    "": 1e-10,
}
KNOWN = {
    (
        "aml",
        "quantile r log",
        "upper",
        ".5",
    ): "R disagrees with itself: quantile() says 48, print() 45, as the log upper limit rises again after 45; ours is "
    "the first time it falls below (45)",
}


@cache
def _golden() -> pd.DataFrame:
    table = pd.read_csv(HOME / "golden.csv.gz", dtype=str, keep_default_na=False)
    return table.assign(value=table["value"].replace("NA", "nan").map(float))


def comparison(part: str | None = None) -> pd.DataFrame:
    """One row a golden value: set, method, item, key, value, ours, difference (relative where |value| > 1).

    Of one of `ours.PARTS` alone, or of all; all must be there.
    """
    import ours

    golden = _golden().copy()
    values = ours.values_of(part) if part else ours.values()
    keys = list(zip(golden["set"], golden["method"], golden["item"], golden["key"], strict=True))
    if part:
        golden, keys = golden[[key in values for key in keys]].copy(), [key for key in keys if key in values]
    golden["ours"] = [values[key] for key in keys]
    golden["is_known"] = [key in KNOWN for key in keys]
    gap = (golden["ours"] - golden["value"]).abs() / np.maximum(1, golden["value"].abs())
    both_missing = golden["ours"].isna() & golden["value"].isna()
    golden["difference"] = gap.mask(both_missing, 0.0).fillna(math.inf)
    return golden


def goal(method: str) -> float:
    return next(limit for start, limit in GOALS.items() if method.startswith(start))


def bound(difference: float) -> str:
    """The next power of ten above, so that the page does not change with the machine."""
    return "< 1e-12" if difference < FLOOR else f"< 1e{math.floor(math.log10(difference)) + 1:d}"


def page(table: pd.DataFrame) -> str:
    versions = ", ".join((HOME / "versions.txt").read_text().split("\n")[:3])
    compared = table[~table["is_known"]]
    lines = []
    for method, part in compared.groupby("method", sort=True):
        worst = part.loc[part["difference"].idxmax()]
        where = worst["set"] if worst["difference"] >= FLOOR else "-"
        lines.append(
            f"| {method} | {part['set'].nunique()} | {len(part)} | "
            f"{bound(part['difference'].max())} | {where} | {goal(method):.0e} |"
        )
    known = [
        f"- `{data_set}`, {method}, {item} at {key}: {reason}."
        for (data_set, method, item, key), reason in KNOWN.items()
    ]
    return TEXT.format(
        versions=versions, lines="\n".join(lines), known="\n".join(known), differences="\n".join(DIFFERENCES)
    )


TEXT = """\
# Agreement with R

Made by `python tests/reference/agreement.py`; a test fails when it is out of date. The golden values come
from `tests/reference/golden.R` ({versions}) on thirteen public data sets and seven made-up edge
cases. Difference: absolute, relative where the value exceeds 1; not estimable must agree too.

| Method | sets | values | largest difference | worst set | promised |
|---|---|---|---|---|---|
{lines}

## Where R and we differ on purpose

{known}
{differences}
"""

DIFFERENCES = """\
- A landmark survival beyond the last (censored) time is NE here; R carries the last value forward when told to extend.
- The log-log limits of a curve still at 1 are NE in both; the row at time 0 that starts a drawn curve has limits 1.
- Zero weights are left out with their rows; R's coxph refuses them.
- Firth estimates have Breslow ties, as coxphf's, profile limits and penalised likelihood-ratio p. The golden values are
  the maximum of the penalised likelihood by R's optimisers, which settle near 1e-8: 1e-6 is promised of them.
- The median of an interval-censored curve is given as the interval it lies in; R prints the middle of it.
- A row without a group or stratum is an error here; R leaves it out.
- A fit that runs off to infinity (separation) has no standard error, limits or p here; R prints them with a warning.
- Exact tests of tables with more than three million alternatives are simulated with a fixed seed, and say so.

## What R was not asked, and what proves it instead

- Time-dependent covariates: `heart` above (start-stop rows, transplant as it happens) in the rows that begin with cox.
- Counts by day and sums by day (the large cohorts): equal to the rows to 1e-10, in tests.
- Rubin's rules, E-values: the formula by hand. Mid-p: its definition.
- Signed-rank and McNemar tests, kappa: values of R or of the literature in the tests.
- Quantiles by the SAS rule: hand-made curves that rest on the level.
- Landmarks, clone-censor-weight, tipping point, optimism, imputation: data whose truth is known (tests, benchmarks.md).
- Gray's test, stratified log-rank, RMST differences and Cox: also against surpyval; Cox and log-rank against lifelines.

## Where SAS differs (from its documentation; no SAS was run)

- Ties: PHREG defaults to Breslow; the primary analyses here use Efron, and every row names which (at most 1.3 % on a
  hazard ratio of the public sets).
- Limits of a curve: LIFETEST defaults to log-log, R to log; both are offered and named.
- Quantiles: rule `sas` prints NE when the curve rests on the level and never falls below; rule `r` ends the step at the
  last follow-up. On `flat_half` the median is NE by the first and 75 by the second.
- Wilcoxon: normal approximation with a continuity correction of 1/2, as NPAR1WAY and R's wilcox.test(exact = FALSE).
- Chi-square of a 2 x 2 table: `yates` is SAS's "Continuity Adj. Chi-Square"; `pearson` is its "Chi-Square".
- Sample quantiles: `sas5` is PCTLDEF=5 (R type 2); `r7` is the default of R and numpy.
- Proportionality: score test as R survival 3; PHREG's ZPH option tests weighted Schoenfeld residuals and can differ.
- Baseline hazard: Efron-consistent after an Efron fit; PHREG's BASELINE defaults to Breslow.

## Where lifelines 0.30 is not used

Robust variance with ties, proportionality, RMST variance, flat-step medians, cumulative incidence with ties, weighted
or left-truncated curves and residuals after an Efron fit differ there from R; Cox fits need their own derivatives for
all of these. Its Efron coefficients agree with ours to rounding and are an oracle of the tests, as is surpyval. Every
night asks it for curves, log-rank tests and Efron ratios of the headline again (`results.second_opinion`); a
difference beyond 1e-8, or beyond 1/10,000 standard error of a coefficient, publishes nothing.
""".splitlines()


if __name__ == "__main__":
    PAGE.write_text(page(comparison()))
    print(PAGE.read_text())
