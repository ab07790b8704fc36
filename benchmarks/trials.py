"""Simulated studies with a known truth, and what is asked of the methods on each; of the size of the study, in days.

Each scenario is a function of a random generator that yields `Asked` of one simulated study. Nothing here knows how
often it is repeated (operating_characteristics.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from cartwright.analysis.methods.compare import proportion, proportion_difference
from cartwright.analysis.methods.cox import cox, ph_test, profile_limits
from cartwright.analysis.methods.sensitivity import (
    clone_censor_weight,
    landmark_groups,
    propensity_weights,
    response_rows,
)
from cartwright.analysis.methods.survival import (
    kaplan_meier,
    logrank,
    quantile,
    reverse_kaplan_meier,
    rmst,
    rmst_difference,
    survival_at,
    survival_difference,
)

N = 93
MEDIAN, LOG_HR = 240.0, math.log(0.5)
RATE = math.log(2) / MEDIAN
LANDMARK, TAU = 180.0, 365.0
GRACE = 60.0


class Asked(NamedTuple):
    """One question to one method: `kind` coverage (the truth lies within the limits), size (p < 0.05 though nothing is
    there) or biased (coverage of a method that is wrong here); `log_hr` less the truth, for hazard ratios."""

    kind: str
    name: str
    hit: bool
    log_hr: float = math.nan


def randomised(rng: np.random.Generator) -> Iterator[Asked]:
    """Two arms, exponential survival, hazard ratio 1/2, a quarter censored: curves, quantiles, means, Cox, its test."""
    arm = np.arange(N) % 2
    table = _followed(rng, arm=arm, death=rng.exponential(1 / (RATE * np.exp(LOG_HR * arm))))
    treated, reference = table[table["arm"] == 1], table[table["arm"] == 0]
    truth = math.exp(-RATE * LANDMARK)
    for kind in ("log-log", "log", "plain"):
        curve = kaplan_meier(reference["duration"], reference["event"], conf_type=kind)
        row = survival_at(curve, LANDMARK).iloc[0]
        yield Asked("coverage", f"S(t), {kind} limits", row["ci_low"] <= truth <= row["ci_high"])
        median = quantile(curve)  # an upper limit that is not reached lies beyond every time
        yield Asked("coverage", f"median, {kind} limits", median.ci_low <= MEDIAN and not median.ci_high < MEDIAN)
    other = kaplan_meier(treated["duration"], treated["event"])
    gap = survival_difference(other, curve, LANDMARK)
    yield Asked("coverage", "difference in S(t)", gap.ci_low <= truth ** math.exp(LOG_HR) - truth <= gap.ci_high)
    area, mean = rmst(curve, TAU), _mean_to(TAU, RATE)
    yield Asked("coverage", "RMST", area.ci_low <= mean <= area.ci_high)
    gap, truth = rmst_difference(other, curve, TAU), _mean_to(TAU, RATE * math.exp(LOG_HR)) - mean
    yield Asked("coverage", "RMST difference", gap.ci_low <= truth <= gap.ci_high)
    followup = quantile(reverse_kaplan_meier(table["duration"], table["event"], conf_type="log"))
    yield Asked("coverage", "median follow-up, log limits", followup.ci_low <= 820 and not followup.ci_high < 820)
    fit = cox(table, "arm", firth=False)
    yield _about(fit, LOG_HR, "coverage", "hazard ratio, Wald")
    yield _about(cox(table, "arm", ties="breslow", firth=False), LOG_HR, "coverage", "hazard ratio, Breslow, Wald")
    yield _about(cox(table, "arm", robust=True, firth=False), LOG_HR, "coverage", "hazard ratio, robust")
    profile = profile_limits(fit).iloc[0]
    yield Asked("coverage", "hazard ratio, profile", profile["ci_low"] <= math.exp(LOG_HR) <= profile["ci_high"])
    for transform in ("km", "identity", "log"):
        yield Asked("size", f"PH test, {transform}", ph_test(fit, transform)["p"].iloc[0] < 0.05)


def nothing_there(rng: np.random.Generator) -> Iterator[Asked]:
    """Arms that do not differ, and rates of response with 54 and 38 patients."""
    arm = np.arange(N) % 2
    table = _followed(rng, arm=arm, death=rng.exponential(1 / RATE, N))
    for rho, name in ((0.0, "log-rank"), (1.0, "Fleming-Harrington (rho 1)")):
        test = logrank(table["duration"], table["event"], table["arm"], rho=rho)
        yield Asked("size", name, test.p < 0.05)
    a, b = rng.binomial(54, 0.4), rng.binomial(38, 0.25)
    for method in ("clopper_pearson", "wilson"):
        found = proportion(a, 54, method)
        yield Asked("coverage", f"proportion, {method.replace('_', '-')}", found.ci_low <= 0.4 <= found.ci_high)
    found = proportion_difference(a, 54, b, 38)
    yield Asked("coverage", "difference in proportion, Newcombe", found.ci_low <= 0.15 <= found.ci_high)


def confounded(rng: np.random.Generator) -> Iterator[Asked]:
    """The frail are treated less and die sooner; treatment itself does nothing (hazard ratio 1)."""
    frail, old = rng.binomial(1, 0.4, N), rng.normal(size=N)
    treated = rng.binomial(1, 1 / (1 + np.exp(-(0.5 - 1.5 * frail - 0.5 * old))))
    death = rng.exponential(1 / (RATE * np.exp(0.9 * frail + 0.4 * old)))
    table = _followed(rng, treated=treated, frail=frail, old=old, death=death)
    yield _about(cox(table, "treated", firth=False), 0.0, "biased", "confounded, not adjusted")
    adjusted = cox(table, ["treated", "frail", "old"], firth=False)
    yield _about(adjusted, 0.0, "coverage", "confounded, Cox adjusted")
    for estimand, words in (("ato", "overlap weights"), ("ate", "stabilised IPTW")):
        weighting = propensity_weights(table, "treated", ["frail", "old"], estimand)
        weighted = table.iloc[weighting.table["row"]].assign(weight=weighting.table["weight"].to_numpy())
        fit = cox(weighted, "treated", weights="weight", robust=True, firth=False)
        yield _about(fit, 0.0, "coverage", f"confounded, {words}, robust")


def late_response(rng: np.random.Generator) -> Iterator[Asked]:
    """Response comes some time after the start and does not change survival: only the living can respond."""
    response = np.where(rng.random(N) < 0.6, np.ceil(rng.exponential(60, N)), np.nan)
    table = _followed(rng, response=response, death=rng.exponential(1 / RATE, N))
    table["response"] = table["response"].where(table["response"] < table["duration"])
    ever = table.assign(has_responded=table["response"].notna().astype(int))
    yield _about(cox(ever, "has_responded", firth=False), 0.0, "biased", "response, ever against never")
    for day in (30, 60, 90):
        groups = landmark_groups(table, day, "duration", "event", "response")
        fit = cox(groups, "has_responded", "landmark_duration", firth=False)
        yield _about(fit, 0.0, "coverage", f"response, landmark day {day}")
    rows = response_rows(table, "subject", "duration", "event", "response")
    fit = cox(rows, "has_responded", "stop", "event", entry="start", subject="subject", firth=False)
    yield _about(fit, 0.0, "coverage", "response, time-dependent")


def late_start(rng: np.random.Generator) -> Iterator[Asked]:
    """Therapy begins within or after a grace period, later for the frail, and does nothing; the early dead never had
    it. Twice the size of the study: weights of few departures are unstable."""
    n = 2 * N
    frail = rng.binomial(1, 0.4, n)
    start = np.where(rng.random(n) < 0.75, np.ceil(rng.exponential(40 * np.exp(0.7 * frail))), np.nan)
    table = _followed(rng, n, frail=frail, start=start, death=rng.exponential(1 / (RATE * np.exp(0.7 * frail))))
    table["start"] = table["start"].where(table["start"] < table["duration"])
    ever = table.assign(treated=table["start"].notna().astype(int))
    fit = cox(ever, ["treated", "frail"], firth=False)
    yield _about(fit, 0.0, "biased", "late start, ever against never")
    clones = clone_censor_weight(table, "subject", "start", "frail", GRACE)
    fit = cox(clones, "is_started", "stop", entry="start", weights="weight", cluster="subject", firth=False)
    yield _about(fit, 0.0, "coverage", f"late start, clone-censor-weight, grace {GRACE:g} days")


def manufactured(rng: np.random.Generator) -> Iterator[Asked]:
    """After failure half wait for cells and get them if they live so long; hazards fall with time since failure and are
    the same for all. Those who died waiting are not among the infused."""
    waiting = np.arange(N) % 2 == 0
    infused = np.where(waiting, np.ceil(rng.uniform(20, 120, N)), 0.0)
    table = _followed(rng, infused=infused, cart=waiting.astype(int), death=MEDIAN * rng.weibull(0.7, N))
    table = table[table["duration"] > table["infused"]]
    fit = cox(table, "cart", firth=False)
    yield _about(fit, 0.0, "biased", "waiting for cells, from failure, as if at risk")
    own = table.assign(duration=table["duration"] - table["infused"])
    yield _about(cox(own, "cart", firth=False), 0.0, "biased", "waiting for cells, from the therapy of each")
    fit = cox(table, "cart", entry="infused", firth=False)
    yield _about(fit, 0.0, "coverage", "waiting for cells, from failure, delayed entry")


SCENARIOS = (randomised, nothing_there, confounded, late_response, late_start, manufactured)


def _followed(rng: np.random.Generator, n: int = N, *, death, **columns) -> pd.DataFrame:
    """Whole-day times with uniform administrative censoring between half a year and four years."""
    censoring = rng.uniform(180, 1460, n)
    duration = np.ceil(np.minimum(death, censoring))
    return pd.DataFrame({"subject": np.arange(n), "duration": duration, "event": death <= censoring, **columns})


def _mean_to(tau: float, rate: float) -> float:
    return (1 - math.exp(-rate * tau)) / rate


def _about(fit, truth: float, kind: str, name: str) -> Asked:
    """Does the first coefficient's interval hold the truth, and how far is the estimate from it?"""
    row = fit.coefficients.iloc[0]
    return Asked(kind, name, row["ci_low"] <= math.exp(truth) <= row["ci_high"], row["beta"] - truth)
