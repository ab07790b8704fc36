"""Variables by group: counts and shares, medians and quartiles, unknown values apart, and the tests a row declares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cartwright.analysis.counted import counted
from cartwright.analysis.methods.estimate import Estimate
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.bounds import said_of
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable, bounds, values
from cartwright.analysis.plan.kinds.members import write_sample

if TYPE_CHECKING:
    from pandas import DataFrame, Series

DOES_NOT_APPLY = "does not apply"
ORDINAL_TESTS = ("trend", "kruskal")  # of levels in the order that the plan declares


def run(analysis: Analysis, collect: Collector) -> None:
    for group in analysis.groups:
        collect.members(analysis, group.ids, group_level=group.level)
        collect.statistic(analysis, "n", len(group.ids), group_level=group.level, n=len(group.ids), method="count")
    for variable in analysis.variables:
        column = values(variable, analysis.subjects, analysis.datasets)
        asked = {group.level: analysis.asked(group.ids, variable.asked_of) for group in analysis.groups}
        samples = {level: column[column.index.isin(ids)] for level, ids in asked.items()}
        partly = bounds(variable, analysis.subjects, analysis.datasets)
        limits = {level: partly[partly.index.isin(ids)] for level, ids in asked.items()}
        for group in analysis.groups:
            not_asked = group.ids - asked[group.level]
            sample = samples[group.level]
            write_sample(analysis, collect, variable, sample, group.level, not_asked, limits[group.level])
        describe_variable(analysis, collect, variable, samples, limits)


def describe_variable(
    analysis: Analysis,
    collect: Collector,
    variable: Variable,
    samples: dict[str, Series],
    limits: dict[str, DataFrame],
) -> None:
    """Rows of one variable for each sample (a group, or a column of a pair), then its tests.

    limits: of each sample who is known by a bound only; of a number statistic `bounds` counts them.
    """
    for level, sample in samples.items():
        asked_of_nobody = DOES_NOT_APPLY if variable.asked_of and sample.empty else None
        unknown = int(sample.isna().sum()) - len(limits[level])
        collect.statistic(
            analysis,
            "unknown",
            unknown,
            method="count",
            n=len(sample),
            group_level=level,
            variable=variable.name,
            variable_level=variable.level,
            flag=asked_of_nobody,
        )
        if variable.type == "continuous":
            _summary(analysis, collect, variable, level, sample, limits[level], asked_of_nobody)
        else:
            _counts(analysis, collect, variable, level, sample.dropna(), asked_of_nobody)
    for test in variable.tests if len(samples) > 1 else ():
        _test(analysis, collect, variable, samples, limits, test)
    if analysis.options.get("smd") and len(samples) == 2:
        _difference(analysis, collect, variable, samples, limits)


def unranked(limits: DataFrame, size: int, test: str) -> Estimate | None:
    """In place of a test of numbers, where somebody is known by a bound only and has no place among them; else None."""
    flag = said_of(limits, size)
    return Estimate(math.nan, method=test, flag=flag) if flag else None


def _summary(
    analysis: Analysis,
    collect: Collector,
    variable: Variable,
    level: str,
    sample: Series,
    limits: DataFrame,
    flag: str | None,
) -> None:
    """Of numbers known by a bound only what their order decides; the flag tells how many they are."""
    from cartwright.analysis.methods.compare import summarise

    measured = sample[~sample.index.isin(limits.index)]
    summary = summarise(measured, analysis.option("quantiles"), limits.to_numpy())
    flag = flag or said_of(limits, len(sample)) or (None if summary.n else unusable(sample))
    if len(limits):
        where: Where = {"group_level": level, "variable": variable.name, "n": len(sample)}
        collect.statistic(analysis, "bounds", len(limits), method="count", **where)
    for name in ("median", "q1", "q3", "minimum", "maximum", "mean", "sd"):
        collect.statistic(
            analysis,
            name,
            getattr(summary, name),
            method=summary.method,
            n=summary.n,
            group_level=level,
            variable=variable.name,
            flag=flag or ("a single value" if name == "sd" and summary.n == 1 else None),
        )


def _counts(
    analysis: Analysis, collect: Collector, variable: Variable, level: str, known: Series, flag: str | None
) -> None:
    for name, wanted in variable_levels(variable, known):
        count = int((known == wanted).sum())
        where: Where = {"group_level": level, "variable": variable.name, "variable_level": name, "n": len(known)}
        collect.statistic(analysis, "count", count, method="count", **where)
        collect.statistic(
            analysis,
            "proportion",
            count / len(known) if len(known) else None,
            method="share of known values",
            flag=flag or (None if len(known) else "no known value"),
            **where,
        )


def variable_levels(variable: Variable, known: Series) -> list[tuple[str | None, str | float]]:
    """(name in the results, value in the column) of each level; values outside the declared levels are added."""
    if variable.type == "binary":
        return [(variable.level, 1.0)]
    declared = [level.level for level in variable.levels]
    return [(name, name) for name in [*declared, *sorted(set(known) - set(declared))]]


def unusable(sample: Series) -> str:
    return "all values unknown" if len(sample) else "no patients"


def _test(
    analysis: Analysis,
    collect: Collector,
    variable: Variable,
    samples: dict[str, Series],
    limits: dict[str, DataFrame],
    test: str,
) -> None:
    import pandas as pd

    from cartwright.analysis.methods.compare import contingency_test, sample_test

    known = {level: sample.dropna() for level, sample in samples.items()}
    if variable.type == "continuous":
        partly, size = pd.concat(list(limits.values())), sum(map(len, samples.values()))
        result = unranked(partly, size, test) or sample_test(list(known.values()), test)
    elif test in ORDINAL_TESTS:
        result = _ordinal(analysis, variable, list(known.values()), test)
    else:
        wanted = sorted(set().union(*known.values()))
        result = contingency_test([[int((k == w).sum()) for k in known.values()] for w in wanted] or [[0, 0]], test)
    first, *others = samples
    collect.p_value(
        analysis,
        result,
        group_level=first,
        comparator="+".join(others),
        variable=variable.name,
        variable_level=variable.level,
        n=sum(map(len, known.values())),
    )


def _ordinal(analysis: Analysis, variable: Variable, known: list[Series], test: str) -> Estimate:
    """Levels scored 0, 1, 2 ... in the order of the plan. PlanError for fewer than three, NE for one not declared."""
    from cartwright.analysis.methods.compare import sample_test, trend_test

    place = {level.level: score for score, level in enumerate(variable.levels)}
    if len(place) < 3:
        raise PlanError(f"analysis {analysis.analysis_id}: {variable.name}: {test} needs three or more declared levels")
    if outside := set().union(*known) - set(place):
        return Estimate(
            math.nan,
            method=test,
            flag=counted(len(outside), "level without a declared place", "levels without a declared place"),
        )
    if test == "kruskal":
        return sample_test([sample.map(place).to_numpy(float) for sample in known], test)
    return trend_test([[int((sample == level).sum()) for sample in known] for level in place])


def _difference(
    analysis: Analysis,
    collect: Collector,
    variable: Variable,
    samples: dict[str, Series],
    limits: dict[str, DataFrame],
) -> None:
    """statistic smd: the standardised difference of the first from the second group, among those who are known."""
    import numpy as np
    import pandas as pd

    from cartwright.analysis.methods.compare import standardised_difference

    first, second = samples
    column = pd.concat(list(samples.values()))
    is_first = np.repeat([1, 0], [len(sample) for sample in samples.values()])
    partly = unranked(pd.concat(list(limits.values())), len(column), "standardised difference")
    found = partly or standardised_difference(column.reset_index(drop=True), is_first)
    flag = found.flag or (None if found.value == found.value else "not estimable")
    collect.statistic(
        analysis,
        "smd",
        found.value,
        group_level=first,
        comparator=second,
        variable=variable.name,
        variable_level=variable.level,
        method=found.method,
        flag=flag,
        n=int(column.notna().sum()),
    )
