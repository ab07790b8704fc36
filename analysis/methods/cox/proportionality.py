"""Is the hazard ratio constant? Score test of an interaction of each covariate with a function of time, and of all.

Grambsch & Therneau (1994) Biometrika 81:515, in the exact form of R survival >= 3.0 (cox.zph), not the approximation
that lifelines still uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.likelihood import information, score, tie_sums
from cartwright.analysis.methods.cox.residual_terms import schoenfeld
from cartwright.analysis.methods.estimate import UnusableData, chi_square_p
from cartwright.analysis.methods.quadratic import quadratic, rank_flag

if TYPE_CHECKING:
    from cartwright.analysis.methods.cox.fit import CoxFit

TRANSFORMS = ("km", "identity", "log")


def ph_test(fit: CoxFit, transform: str = "km") -> pd.DataFrame:
    """One row a variable (levels of a category together) and `GLOBAL`: variable, statistic, df, p, method, flag.

    transform of time: `km` (1 - S(t-) of the pooled curve), `identity`, `log` (times must be positive).
    """
    g = _centred_transform(fit, transform)
    sums = fit.risk_sets.sums(fit.beta)
    tie = tie_sums(sums, fit.ties)
    p = fit.beta.size
    cross, square = information(sums, tie, g), information(sums, tie, g * g)
    u = score(sums, tie, g)
    # Of u, the coefficients being estimated; the information of a fit that ran away may be singular.
    variance = square - cross @ np.linalg.pinv(information(sums, tie), hermitian=True) @ cross
    fitted = [term for term, ok in zip(fit.design.terms, fit.design.is_fitted, strict=True) if ok]
    groups = {
        name: [j for j, term in enumerate(fitted) if term.variable == name]
        for name in dict.fromkeys(term.variable for term in fitted)
    }
    flag = "; ".join(fit.flags)
    rows = []
    for name, chosen in [*groups.items(), ("GLOBAL", list(range(p)))]:
        statistic, df = quadratic(u[chosen], variance[np.ix_(chosen, chosen)], np.diag(square)[chosen])
        doubt = rank_flag(df, len(chosen)) if np.isfinite(statistic) else "too few event times"
        rows.append(
            {
                "variable": name,
                "statistic": statistic,
                "df": df,
                "p": chi_square_p(statistic, df),
                "method": f"score test, {transform} time",
                "flag": "; ".join(filter(None, (flag, doubt))),
            }
        )
    return pd.DataFrame(rows)


def scaled_schoenfeld(fit: CoxFit, transform: str = "km") -> pd.DataFrame:
    """beta + V d times the Schoenfeld residuals, V the average variance: the points of the usual plot (long format)."""
    sets = fit.risk_sets
    values = schoenfeld(sets, fit.beta, fit.ties) @ fit.naive_covariance * sets.event.sum() + fit.beta
    terms = [t.name for t, ok in zip(fit.design.terms, fit.design.is_fitted, strict=True) if ok]
    place = sets.order[sets.event]
    wide = pd.DataFrame(values, columns=terms)
    wide.insert(0, "time", fit.design.time[place])
    wide.insert(1, "transformed_time", transformed(fit, transform)[sets.at])
    return wide.melt(id_vars=["time", "transformed_time"], var_name="term", value_name="beta_t")


def smoothed(x: np.ndarray, y: np.ndarray, share: float = 2 / 3) -> np.ndarray:
    """Local line with tricube weights over the nearest `share` of the points, at each x (Cleveland 1979, JASA 74:829,
    without the robust steps). A straight line comes back as it is."""
    reach = max(int(np.ceil(share * x.size)), min(3, x.size))
    places, place = np.unique(x, return_inverse=True)
    result = np.empty(places.size)
    for i, at in enumerate(places):
        distance = np.abs(x - at)
        width = np.sort(distance)[reach - 1]
        weight = np.clip(1 - (distance / width) ** 3, 0, 1) ** 3 if width > 0 else (distance == 0).astype(float)
        centre = np.average(x, weights=weight)
        spread = np.average((x - centre) ** 2, weights=weight)
        slope = np.average((x - centre) * y, weights=weight) / spread if spread > 1e-12 else 0.0
        result[i] = np.average(y, weights=weight) + slope * (at - centre)
    return result[place]


def transformed(fit: CoxFit, transform: str) -> np.ndarray:
    """g(t) at each event time of each stratum."""
    times = fit.risk_sets.times
    if transform not in TRANSFORMS:
        raise ValueError(f"transform must be one of {', '.join(TRANSFORMS)}, not {transform!r}")
    if not times.size or not fit.beta.size:
        raise UnusableData("a test of proportionality needs events and a fitted covariate")
    if transform == "identity":
        return times
    if transform == "log":
        if times[0] <= 0 or times.min() <= 0:
            raise UnusableData("log time needs event times above 0")
        return np.log(times)
    from cartwright.analysis.methods.survival.curve import kaplan_meier

    design = fit.design
    table = kaplan_meier(design.time, design.event, entry=design.entry).table
    before = np.searchsorted(table["time"].to_numpy(), times, side="left")
    return 1 - np.concatenate([[1.0], table["survival"].to_numpy()])[before]


def _centred_transform(fit: CoxFit, transform: str) -> np.ndarray:
    g = transformed(fit, transform)
    return g - np.average(g, weights=fit.risk_sets.events)
