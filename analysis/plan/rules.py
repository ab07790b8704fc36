"""What each kind of analysis needs of a row of the plan: options, an endpoint, groups, variables; what options can be.

Tests hold it to the kinds: every option that one of them reads stands here, and every list of methods is that of its
module.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """options: must be there; may: can be there, beside those that any kind may have. endpoint: `time` (a parameter of
    adtte), `column` (a yes/no column of adsl) or none. groups: `two`, `one or two`, `several` (two or more), `any` or
    none.
    variables: `some`, `one`, `any` or none.
    """

    options: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    endpoint: str | None = None
    groups: str | None = None
    variables: str | None = None


OF_ANY_KIND = ("headline", "figure")  # named in the summary; the form of the output's figure
_DRAWN = ("resamples", "seed")
_FULL = ("full_resamples", "full_imputations")
_CURVE = ("time", "conf_type", "rule", "month_days")
_ON_CURVE = ("landmarks_months", "at_risk_months", "entry")
_COX = ("time", "ties")
RULES = {
    "agreement": Rule(("levels", "weights"), variables="some"),
    "checklist": Rule(),
    "clone": Rule((*_COX, *_DRAWN, "grace_days"), _FULL, "time", "two", "some"),
    "competing": Rule((*_COX, "month_days", "landmarks_months", "causes"), (), "time", "one or two"),
    "count": Rule(groups="any"),
    "cox": Rule((*_COX, "model"), ("entry",), "time", variables="some"),
    "declared": Rule(("columns", "rows")),
    "describe": Rule(may=("quantiles", "smd", "start"), groups="any", variables="some"),
    "evalue": Rule(("sources", "is_common", "labels"), ("variable",)),
    "forest": Rule(("sources",), ("labels", "variable")),
    "funnel": Rule(("steps", "left_at", "words"), groups="any"),
    "hr_cox": Rule(_COX, ("entry",), "time", "two"),
    "hr_landmark": Rule((*_COX, "day"), (), "time", "two", "some"),
    "hr_oe": Rule(("time",), (), "time", "two"),
    "hr_time_dependent": Rule(_COX, (), "time", "two", "some"),
    "imputed_cox": Rule((*_COX, "imputations", "cycles", "seed"), _FULL, "time", variables="some"),
    "incidence": Rule(("term", "severe_from", "denominator"), ("only", "bounds", "asked_of"), None, "any", "one"),
    "interval": Rule(("ties", "month_days"), (), "time", "two"),
    "km": Rule(_CURVE, (*_ON_CURVE, "reverse"), "time", "any"),
    "logistic": Rule(("model",), (), "column", variables="some"),
    "logrank": Rule(("time",), (), "time", "several"),
    "missing": Rule(groups="any", variables="some"),
    "multiplicity": Rule(("families",)),
    "paired": Rule(("levels",), ("quantiles",), variables="some"),
    "penalised_cox": Rule(_COX, (), "time", variables="some"),
    "ph": Rule((*_COX, "month_days", "transforms"), (), "time", "any", "some"),
    "profile": Rule(("windows", "quantiles"), variables="some"),
    "proportion": Rule(("interval",), ("difference",), None, "any", "some"),
    "rmst": Rule(("time", "month_days", "tau_months"), (), "time", "two"),
    "simon_makuch": Rule((*_CURVE, "day"), _ON_CURVE, "time", "two", "some"),
    "spider": Rule(("time", "month_days"), (), None, "any", "some"),
    "standardised": Rule((*_COX, *_DRAWN, "month_days", "landmarks_months"), _FULL, "time", "two", "some"),
    "subgroups": Rule(_COX, (), "time", "two", "some"),
    "swimmer": Rule(("time", "month_days", "outer_endpoint"), (), "time", "any", "any"),
    "tipping": Rule((*_COX, "death_day", "most", "alpha"), (), "time", "two"),
    "validation": Rule((*_COX, *_DRAWN), _FULL, "time", variables="some"),
    "waterfall": Rule((), ("time",), None, "any", "some"),
    "weighted": Rule(
        (*_COX, "seed", "estimand", "truncate"), ("resamples", "imputations", "cycles", *_FULL), "time", "two", "some"
    ),
}
METHODS = {
    "conf_type": ("log-log", "log", "plain"),
    "denominator": ("population", "rated"),
    "difference": ("newcombe",),
    "estimand": ("ate", "att", "ato"),
    "figure": (
        "adjusted",
        "bars",
        "box",
        "cumulative_incidence",
        "flow",
        "forest",
        "interval",
        "km",
        "love",
        "profile",
        "proportionality",
        "ratios",
        "schema",
        "spider",
        "subgroups",
        "swimmer",
        "waterfall",
    ),
    "interval": ("clopper_pearson", "wilson"),
    "model": ("univariable", "multivariable"),
    "quantiles": ("sas5", "r7"),
    "rule": ("sas", "r"),
    "ties": ("efron", "breslow"),
    "transforms": ("km", "identity", "log"),
    "weights": ("none", "linear", "quadratic"),
}
COUNT_TESTS, ORDER_TESTS = ("yates", "pearson", "fisher", "midp"), ("trend", "kruskal")
SAMPLE_TESTS, PAIR_TESTS = ("ranksum", "welch", "t", "kruskal"), ("signedrank", "mcnemar")
LIST_OPTIONS = (
    "landmarks_months",
    "tau_months",
    "transforms",
    "sources",
    "causes",
    "levels",
    "windows",
    "families",
    "columns",
    "rows",
    "bounds",
)
