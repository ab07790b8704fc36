"""The same numbers as golden.R, by our functions: one mapping (set, method, item, key) -> value."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from cartwright.analysis.methods import compare, cox, sensitivity, survival
from cartwright.analysis.methods.cox.hazard import predicted_survival
from cartwright.analysis.methods.cox.proportionality import scaled_schoenfeld
from cartwright.analysis.methods.estimate import chi_square_p
from cartwright.analysis.methods.logistic import logistic

HOME = Path(__file__).parent
COVARIATES = {
    "lung": ["age", "sex", "wt.loss"],
    "veteran": ["trt", "karno", "age", "diagtime"],
    "ovarian": ["age", "rx", "resid.ds"],
    "gbsg": ["age", "size", "nodes", "hormon"],
    "rotterdam": ["age", "nodes", "grade", "chemo"],
    "pbc": ["age", "edema", "bili", "albumin"],
    "colon": ["age", "sex", "nodes", "obstruct"],
    "aml": ["arm"],
    "kidney": ["age", "sex"],
    "heart": ["age", "year", "surgery", "transplant"],
    "mgus2": ["age", "male", "mspike"],
    "myeloma": ["year"],
    "retinopathy": ["trt", "risk", "adult"],
}
LABELS = {0.25: ".25", 0.5: ".5", 0.75: ".75"}
Values = dict[tuple[str, str, str, str], float]


@cache
def _as_read() -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_csv(path) for path in sorted((HOME / "data").glob("*.csv"))}


def data_sets() -> dict[str, pd.DataFrame]:
    """Each by its name, to do with as one likes."""
    return {name: table.copy() for name, table in _as_read().items()}


def thin(n: int) -> list[int]:
    """Positions (from 1) that golden.R keeps of a long column: round half to even, as R."""
    return sorted({round(x) for x in np.linspace(1, n, min(n, 120))})


def values() -> Values:
    """All of them."""
    return {key: value for part in PARTS for key, value in values_of(part).items()}


@cache
def values_of(part: str) -> Values:
    """Those of one of PARTS."""
    found: Values = {}

    def keep(data_set, method, item, key, value):
        found[data_set, method, item, str(key)] = float(value)

    PARTS[part](keep)
    return found


def _curves_of_sets(keep):
    for name, table in data_sets().items():
        _curves(name, table, keep)
        if name in COVARIATES:
            _weighted_curves(name, table, keep)


def _tests_of_sets(keep):
    for name, table in data_sets().items():
        _log_rank(name, table, keep)
        _differences(name, table, keep)
        if name in COVARIATES:
            _fleming(name, table, keep)


def _cox_of_sets(keep):
    for name, table in data_sets().items():
        if name in COVARIATES:
            _cox(name, table, keep)
    _subgroups(keep)


def _keep_curve(name, method, curve, keep):
    for row in curve.table.itertuples():
        key = f"{row.time:.10g}"
        for item in ("survival", "se", "ci_low", "ci_high", "at_risk"):
            keep(name, method, item, key, getattr(row, item))


def _curves(name, table, keep):
    entry = table.get("entry")
    for kind in ("log-log", "log", "plain"):
        curve = survival.kaplan_meier(table["time"], table["status"], entry, conf_type=kind)
        _keep_curve(name, f"kaplan-meier {kind}", curve, keep)
        for p, label in LABELS.items():
            found = survival.quantile(curve, p, "r")
            for item, value in (("quantile", found.value), ("lower", found.ci_low), ("upper", found.ci_high)):
                keep(name, f"quantile r {kind}", item, label, value)
    if entry is not None:
        return
    found = survival.quantile(survival.reverse_kaplan_meier(table["time"], table["status"]), 0.5, "r")
    for item, value in (("quantile", found.value), ("lower", found.ci_low), ("upper", found.ci_high)):
        keep(name, "reverse kaplan-meier", item, ".5", value)
    for share in (0.3, 0.8):
        tau = share * table["time"].max()
        mean = survival.rmst(curve, tau)
        keep(name, "rmst", "value", share, mean.value)
        keep(name, "rmst", "se", share, mean.se)
        keep(name, "at risk", "n", share, survival.at_risk(table["time"], tau)[0])
        keep(name, "landmark survival", "value", share, survival.survival_at(curve, tau)["survival"][0])


def _weighted_curves(name, table, keep):
    columns = table["time"], table["status"], table.get("entry"), table["w"]
    _keep_curve(name, "kaplan-meier weighted robust", survival.kaplan_meier(*columns), keep)
    _keep_curve(name, "kaplan-meier weighted greenwood", survival.kaplan_meier(*columns, robust=False), keep)


def _log_rank(name, table, keep):
    if "entry" in table or not table["status"].sum():
        return
    columns = table["time"], table["status"], table["group"]
    for rho in (0, 1):
        test, method = survival.logrank(*columns, rho=rho), f"log-rank rho {rho}"
        keep(name, method, "statistic", "", test.statistic)
        keep(name, method, "p", "", test.p)
        for g in range(len(test.groups)):
            keep(name, method, "observed", g + 1, test.observed[g])
            keep(name, method, "expected", g + 1, test.expected[g])
            for h in range(len(test.groups)):
                keep(name, method, "covariance", f"{g + 1} {h + 1}", test.covariance[g, h])
        if rho == 0:
            trend = survival.logrank_trend(test, range(len(test.groups)))
            keep(name, "log-rank trend", "statistic", "", trend.statistic)
            if len(test.groups) == 2:
                ratio = survival.hazard_ratio_oe(test, test.groups[1], test.groups[0])
                keep(name, "hazard ratio o/e", "value", "", ratio.value)
                keep(name, "hazard ratio o/e", "ci_low", "", ratio.ci_low)
                ratio = survival.hazard_ratio_mantel_haenszel(test, test.groups[1], test.groups[0])
                keep(name, "hazard ratio mantel-haenszel", "value", "", ratio.value)
                keep(name, "hazard ratio mantel-haenszel", "ci_high", "", ratio.ci_high)
    known = table[table["stratum"].notna()]
    columns = known["time"], known["status"], known["group"], known["stratum"]
    keep(name, "log-rank stratified", "statistic", "", survival.logrank(*columns).statistic)
    keep(name, "log-rank stratified rho 1", "statistic", "", survival.logrank(*columns, rho=1).statistic)


def _differences(name, table, keep):
    groups = [part for _, part in table.groupby("group")]
    tau = 0.3 * table["time"].max()
    if "entry" in table or len(groups) != 2 or min(part["time"].max() for part in groups) < tau:
        return
    first, second = (survival.kaplan_meier(part["time"], part["status"]) for part in groups)
    for method, found in (
        ("survival difference", survival.survival_difference(second, first, tau)),
        ("rmst difference", survival.rmst_difference(second, first, tau)),
    ):
        keep(name, method, "value", "", found.value)
        keep(name, method, "se", "", found.se)


def _fleming(name, table, keep):
    if table["group"].nunique() != 2:
        return
    columns, entry = (table["time"], table["status"], table["group"]), table.get("entry")
    method = "fleming-harrington" + (" left-truncated" if "entry" in table else "")
    for rho, gamma in ((0, 0), (0, 1), (1, 1), (0.5, 0)):
        test = survival.logrank(*columns, rho=rho, gamma=gamma, entry=entry)
        keep(name, method, "statistic", f"{rho:g} {gamma:g}", test.statistic)
    repeats = 1 + np.arange(1, len(table) + 1) % 3
    keep(name, "log-rank case weights", "statistic", "", survival.logrank(*columns, weights=repeats).statistic)


def _keep_fit(name, method, fit, keep):
    for row, naive in zip(fit.coefficients.itertuples(), np.sqrt(np.diag(fit.naive_covariance)), strict=True):
        keep(name, method, "beta", row.term, row.beta)
        keep(name, method, "se", row.term, row.se)
        keep(name, method, "naive_se", row.term, naive)
    keep(name, method, "loglik", "null", fit.log_likelihood_null)
    keep(name, method, "loglik", "model", fit.log_likelihood)
    keep(name, method, "score", "", fit.score.value)
    keep(name, method, "wald", "", fit.wald.value)


def _keep_tests(name, fit, label, keep):
    for transform in ("km", "identity", "log"):
        for row in cox.ph_test(fit, transform).itertuples():
            keep(name, f"ph test {transform}{label}", "statistic", row.variable, row.statistic)


def _keep_concordance(name, method, fit, keep):
    found = cox.concordance(fit)
    keep(name, method, "value", "", found.value)
    keep(name, method, "se", "", found.se)


def _cox(name, table, keep):
    names = COVARIATES[name]
    table = table[table[names].notna().all(axis=1)].reset_index(drop=True)
    columns = {"duration": "time", "event": "status", "entry": "entry" if "entry" in table else None, "firth": False}
    fit = cox.cox(table, names, **columns)
    _keep_fit(name, "cox efron", fit, keep)
    _keep_concordance(name, "concordance", fit, keep)
    _keep_tests(name, fit, "", keep)
    breslow = cox.cox(table, names, ties="breslow", **columns)
    _keep_fit(name, "cox breslow", breslow, keep)
    _keep_tests(name, breslow, " breslow", keep)
    weighted = cox.cox(table, names, weights="w", robust=False, **columns)
    _keep_fit(name, "cox weighted", weighted, keep)
    _keep_concordance(name, "concordance weighted", weighted, keep)
    _keep_fit(name, "cox weighted default", cox.cox(table, names, weights="w", **columns), keep)
    _keep_fit(name, "cox weighted robust", cox.cox(table, names, weights="w", robust=True, **columns), keep)
    _keep_fit(name, "cox robust", cox.cox(table, names, robust=True, **columns), keep)
    if "subject" in table:
        clustered = cox.cox(table, names, cluster="subject", **columns)
        _keep_fit(name, "cox clustered", clustered, keep)
        _keep_concordance(name, "concordance clustered", clustered, keep)
    known = table[table["stratum"].notna()]
    stratified = cox.cox(known, names, strata="stratum", **columns)
    if stratified.design.is_fitted.all():
        _keep_fit(name, "cox stratified", stratified, keep)
        _keep_tests(name, stratified, " stratified", keep)
        _keep_concordance(name, "concordance stratified", stratified, keep)
    for model in (fit, breslow):
        _keep_residuals(name, model, table, keep)
    if name in ("ovarian", "lung", "veteran"):
        for row in cox.profile_limits(fit).itertuples():
            keep(name, "profile limits", "ci_low", row.term, row.ci_low)
            keep(name, "profile limits", "ci_high", row.term, row.ci_high)


def _keep_residuals(name, fit, table, keep):
    method = f"residuals {fit.ties}"
    first = fit.coefficients["term"][0]
    for item, column in (("martingale", "residual"), ("deviance", "residual"), ("dfbeta", first), ("score", first)):
        found = cox.residuals(fit, item)[column].to_numpy()
        for i in thin(len(table)):
            keep(name, method, item, i, found[i - 1])
    keep(name, method, "schoenfeld", "sum of squares", (cox.residuals(fit, "schoenfeld")[first] ** 2).sum())
    points = scaled_schoenfeld(fit, "identity")
    points = points.loc[points["term"] == first, "beta_t"]
    keep(name, method, "scaled schoenfeld", "sum of squares", (points**2).sum())
    times = np.unique(table["time"])
    for time, three in zip(times, predicted_survival(fit, table.head(3), times).T, strict=True):
        for j, value in enumerate(three):
            keep(name, f"predicted survival {fit.ties}", f"{time:.10g}", j + 1, value)


def _subgroups(keep):
    table = data_sets()["veteran"]
    table = table.assign(high=(table["karno"] >= 60).astype(float))
    table["product"] = table["trt"] * table["high"]
    for level, key in ((0, "low"), (1, "high")):
        fit = cox.cox(table[table["high"] == level], "trt", "time", "status")
        keep("veteran", "cox subgroups", "beta", key, fit.beta[0])
    without, within = (cox.cox(table, ["trt", "high", *more], "time", "status") for more in ([], ["product"]))
    p = chi_square_p(2 * (within.log_likelihood - without.log_likelihood), 1)
    keep("veteran", "cox subgroups", "interaction", "p", p)


def _competing(keep):
    mgus2, pbc = data_sets()["mgus2"], data_sets()["pbc"]
    progressed = mgus2["pstat"] == 1
    mgus2 = mgus2.assign(
        duration=mgus2["ptime"].where(progressed, mgus2["time"]), cause=np.where(progressed, 1, 2 * mgus2["status"])
    )
    _keep_causes("mgus2", mgus2, ["age", "male"], 70, keep)
    _keep_causes("pbc", pbc.assign(duration=pbc["time"], cause=pbc["state"]), ["age", "edema", "bili"], 50, keep)


def _keep_causes(name, table, covariates, old, keep):
    for cause in (1, 2):
        for row in survival.cumulative_incidence(table["duration"], table["cause"], cause).table.itertuples():
            keep(name, f"cumulative incidence {cause}", "value", f"{row.time:.10g}", row.incidence)
            keep(name, f"cumulative incidence {cause}", "se", f"{row.time:.10g}", row.se)
        columns = table["duration"], table["cause"], table["group"], cause
        keep(name, "gray test", "statistic", cause, survival.gray_test(*columns).statistic)
        stratified = survival.gray_test(*columns, table["age"] > old)
        keep(name, "gray test stratified", "statistic", cause, stratified.statistic)
        for row in cox.fine_gray(table, covariates, cause=cause).coefficients.itertuples():
            keep(name, f"fine-gray {cause}", "beta", row.term, row.beta)
            keep(name, f"fine-gray {cause}", "robust_se", row.term, row.se)


def _interval(keep):
    table = data_sets()["lung"]
    left = np.where(table["status"] == 1, np.floor(table["time"] / 30) * 30, table["time"])
    right = np.where(table["status"] == 1, left + 30, np.inf)
    curve = survival.turnbull(left, right)
    for time in (90, 180, 270, 365, 540, 720):
        keep("lung", "turnbull", "survival", time, curve.survival_at(time))


def _logistic(keep):
    for name in ("lung", "veteran", "gbsg", "pbc"):
        table = data_sets()[name].dropna(subset=COVARIATES[name])
        table["early"] = table["time"] < table["time"].median()
        for row in logistic(table, COVARIATES[name], "early").coefficients.itertuples():
            keep(name, "logistic", "beta", row.term, row.beta)
            keep(name, "logistic", "se", row.term, row.se)


def _firth(keep):
    sets = data_sets()
    ovarian, aml = sets["ovarian"], sets["aml"]
    for name in ("ovarian", "aml", "kidney"):
        _keep_firth(name, "firth cox", cox.firth_cox(sets[name], COVARIATES[name], "time", "status"), "hr", "", keep)
    separated = cox.firth_cox(aml.assign(status=aml["status"] * (aml["arm"] == 0)), "arm", "time", "status")
    _keep_firth("aml", "firth cox separated", separated, "hr", "", keep)
    fit = logistic(ovarian.assign(early=ovarian["time"] < 400), ["age", "rx", "resid.ds"], "early")
    _keep_firth("ovarian", "firth logistic", fit.coefficients, "odds_ratio", "firth_", keep)
    fit = logistic(aml.assign(early=(aml["time"] < aml["time"].median()) * aml["arm"]), "arm", "early")
    _keep_firth("aml", "firth logistic separated", fit.coefficients, "odds_ratio", "firth_", keep)


def _keep_firth(name, method, table, ratio, prefix, keep):
    for row in table.to_dict("records"):
        keep(name, method, "beta", row["term"], np.log(row[f"{prefix}{ratio}"]))
        keep(name, method, "p", row["term"], row[f"{prefix}p"])
        keep(name, method, "log_low", row["term"], np.log(row[f"{prefix}ci_low"]))
        keep(name, method, "log_high", row["term"], np.log(row[f"{prefix}ci_high"]))


def _comparable(keep):
    for name, covariates in (("gbsg", ["age", "size", "nodes"]), ("pbc", ["age", "edema", "bili", "albumin"])):
        table = data_sets()[name]
        table["arm"] = (table["group"] == table["group"].max()).astype(int)
        for estimand in ("ato", "ate", "att"):
            weighting = sensitivity.propensity_weights(table, "arm", covariates, estimand)
            weighted = table.assign(pw=weighting.table["weight"].to_numpy())
            row = cox.cox(weighted, "arm", "time", "status", weights="pw", robust=True).coefficients.iloc[0]
            keep(name, "propensity weights", "beta", estimand, row["beta"])
            keep(name, "propensity weights", "robust_se", estimand, row["se"])
            keep(name, "propensity weights", "effective controls", estimand, weighting.effective_control)
        curves = sensitivity.standardised_survival(table, "arm", covariates, 1000, "time", "status")
        for arm in (0, 1):
            value = curves.loc[curves["group"] == arm, "survival"].iloc[0]
            keep(name, "standardised survival", "value", arm, value)
        level = pd.cut(table["age"], [0, 45, 60, 200], right=False).astype(str)
        for item, key, values, weights in (
            ("number", "age", table["age"], None),
            ("weighted", "age", table["age"], table["w"]),
            ("flag", "age > 50", table["age"] > 50, None),
            ("levels", "age 45, 60", level, None),
        ):
            keep(
                name,
                "standardised difference",
                item,
                key,
                compare.standardised_difference(values, table["arm"], weights).value,
            )


def _samples(keep):
    for name in ("lung", "veteran", "ovarian", "gbsg", "rotterdam", "pbc"):
        table = data_sets()[name]
        samples = [part["age"] for _, part in table.groupby("group")][:2]
        alone = compare.sample_test([samples[0].iloc[:1], samples[1]], "t")
        keep(name, "two samples", "t with one alone", "", alone.p)
        for test in ("ranksum", "t", "welch", "kruskal"):
            keep(name, "two samples", test, "", compare.sample_test(samples, test).p)
        for definition in ("sas5", "r7"):
            found = compare.summarise(samples[0], definition)
            for p, value in ((0.25, found.q1), (0.5, found.median), (0.75, found.q3)):
                keep(name, "sample quantile", definition, p, value)


def _counts(keep):
    for counts in ((13, 17, 12, 8, 4, 9, 13, 9, 6, 2), (5, 2, 0, 4, 9, 1, 8, 3, 4, 1), (3, 9, 8, 2)):
        table = np.reshape(counts, (2, -1)).T
        keep("counts", "cochran-armitage", "p", " ".join(map(str, counts)), compare.trend_test(table).p)
    for counts in (
        (28, 26, 24, 15),
        (49, 5, 34, 5),
        (22, 32, 10, 28),
        (15, 39, 3, 35),
        (7, 47, 0, 39),
        (120, 80, 90, 130),
    ):
        a, b, c, d = counts
        key = " ".join(map(str, counts))
        for test in ("yates", "pearson", "fisher"):
            keep("counts", "2 x 2 test", test, key, compare.contingency_test([[a, b], [c, d]], test).p)
        for method in ("clopper_pearson", "wilson"):
            found = compare.proportion(a, a + b, method)
            keep("counts", "proportion", f"{method} low", key, found.ci_low)
            keep("counts", "proportion", f"{method} high", key, found.ci_high)
        found = compare.proportion_difference(a, a + b, c, c + d)
        keep("counts", "newcombe difference", "low", key, found.ci_low)
        keep("counts", "newcombe difference", "high", key, found.ci_high)
    for counts in (
        (13, 9, 17, 13, 12, 9, 8, 6, 4, 2),
        (5, 1, 2, 8, 0, 3, 4, 4, 9, 1),
        (3, 1, 4, 2, 5, 3, 1, 2, 6, 0, 7, 2),
    ):
        key, table = " ".join(map(str, counts)), np.reshape(counts, (-1, 2))
        for test in ("fisher", "pearson"):
            keep("counts", "r x 2 test", test, key, compare.contingency_test(table, test).p)
    p = [0.001, 0.04, 0.03, 0.2, 0.0499, 0.8, 0.012]
    for method in ("holm", "bh"):
        for i, value in enumerate(compare.adjust(p, method)):
            keep("counts", "multiplicity", method, i + 1, value)


def _rounded_times(keep):
    """Months that rounding has pulled apart in the last digit."""
    table = data_sets()["lung"]
    time = table["time"] / 30 * (1 + (np.arange(1, len(table) + 1) % 3) * 1e-14)
    curve = survival.kaplan_meier(time, table["status"], conf_type="log-log").table
    keep("lung", "times apart by rounding", "rows", "", len(curve) - 1)
    keep("lung", "times apart by rounding", "survival", "sum", curve["survival"].iloc[1:].sum())
    test = survival.logrank(time, table["status"], table["group"])
    keep("lung", "times apart by rounding", "log-rank", "", test.statistic)
    fit = cox.cox(table.assign(month=time), ["age", "sex"], "month", "status", firth=False)
    for term, beta in zip(("age", "sex"), fit.beta, strict=True):
        keep("lung", "times apart by rounding", "cox", term, beta)


PARTS = {
    "curves": _curves_of_sets,
    "tests": _tests_of_sets,
    "cox": _cox_of_sets,
    "competing": _competing,
    "interval": _interval,
    "logistic": _logistic,
    "firth": _firth,
    "comparable": _comparable,
    "samples": _samples,
    "counts": _counts,
    "rounded times": _rounded_times,
}
