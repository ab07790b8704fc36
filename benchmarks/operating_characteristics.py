"""Do the intervals cover and do the tests keep their size? Simulated trials of the study's size with a known truth.

python benchmarks/operating_characteristics.py --replicates 2000
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import pandas as pd

from analysis.compare import proportion, proportion_difference
from analysis.cox import cox, ph_test, profile_limits
from analysis.survival import kaplan_meier, logrank, quantile, rmst, survival_at

RATE, LOG_HR = math.log(2) / 8, math.log(0.5)  # median 8 months in the reference group
MONTH, TAU = 6.0, 12.0


def trial(rng: np.random.Generator, n: int, log_hr: float) -> pd.DataFrame:
    """Exponential survival in months, about a quarter censored at random, one confounder-free arm."""
    arm = np.arange(n) % 2
    death, censor = rng.exponential(1 / (RATE * np.exp(log_hr * arm))), rng.uniform(6, 48, n)
    return pd.DataFrame({"arm": arm, "duration": np.minimum(death, censor), "event": death <= censor})


def simulate(replicates: int, n: int = 93, seed: int = 20220831) -> pd.DataFrame:
    """One row a property: name, target, share (of replicates), error (Monte-Carlo standard error of the share)."""
    rng = np.random.default_rng(seed)
    hits: dict[str, list[bool]] = {}

    def note(name: str, value: bool) -> None:
        hits.setdefault(name, []).append(bool(value))

    truth_s, truth_mean = math.exp(-RATE * MONTH), (1 - math.exp(-RATE * TAU)) / RATE
    for _ in range(replicates):
        effect, null = trial(rng, n, LOG_HR), trial(rng, n, 0.0)
        reference = effect[effect["arm"] == 0]
        for kind in ("log-log", "log", "plain"):
            curve = kaplan_meier(reference["duration"], reference["event"], conf_type=kind)
            row = survival_at(curve, MONTH).iloc[0]
            note(f"coverage S(t), {kind}", row["ci_low"] <= truth_s <= row["ci_high"])
        median = quantile(curve)
        note("coverage median (NE counts as beyond)", median.ci_low <= 8 and not median.ci_high < 8)
        area = rmst(curve, TAU)
        note("coverage rmst", area.ci_low <= truth_mean <= area.ci_high)
        fit = cox(effect, "arm", firth=False)
        row, profile = fit.coefficients.iloc[0], profile_limits(fit).iloc[0]
        note("coverage hazard ratio, wald", row["ci_low"] <= 0.5 <= row["ci_high"])
        note("coverage hazard ratio, profile", profile["ci_low"] <= 0.5 <= profile["ci_high"])
        robust = cox(effect, "arm", robust=True, firth=False).coefficients.iloc[0]
        note("coverage hazard ratio, robust", robust["ci_low"] <= 0.5 <= robust["ci_high"])
        a, b = rng.binomial(54, 0.4), rng.binomial(38, 0.25)
        for method in ("clopper_pearson", "wilson"):
            found = proportion(a, 54, method)
            note(f"coverage proportion, {method}", found.ci_low <= 0.4 <= found.ci_high)
        found = proportion_difference(a, 54, b, 38)
        note("coverage difference, newcombe", found.ci_low <= 0.15 <= found.ci_high)
        note("size log-rank", logrank(null["duration"], null["event"], null["arm"]).p < 0.05)
        for transform in ("km", "identity", "log"):
            note(f"size ph test, {transform}", ph_test(fit, transform)["p"].iloc[0] < 0.05)
    rows = [
        {"name": name, "target": 0.95 if name.startswith("coverage") else 0.05, "share": np.mean(values)}
        for name, values in hits.items()
    ]
    return pd.DataFrame(rows).assign(error=lambda t: np.sqrt(t["target"] * (1 - t["target"]) / replicates))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=2000)
    print(simulate(parser.parse_args().replicates).round(4).to_string(index=False))
