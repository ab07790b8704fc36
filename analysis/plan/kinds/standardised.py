"""Survival had every patient been in one group, then in the other: a Cox model averaged over all covariates."""

from __future__ import annotations

from cartwright.analysis.methods.estimate import Drawn
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.kinds.coefficients import names
from cartwright.analysis.plan.kinds.compared import compared_table, count_complete
from cartwright.analysis.plan.resampling import PROGRESS
from cartwright.analysis.records import records


def run(analysis: Analysis, collect: Collector) -> None:
    """Curves, and statistics survival and survival_difference at `landmarks_months`; limits by bootstrap, if any."""
    import numpy as np

    from cartwright.analysis.methods.sensitivity import standardised_survival

    table = compared_table(analysis, collect)
    where = count_complete(analysis, collect, table)
    month, resamples = analysis.months(1), analysis.option("resamples")
    landmarks = [months / month for months in analysis.option("landmarks_months")]
    steps = np.unique(table.loc[table["is_event"], "time"])
    result = standardised_survival(
        table,
        "is_treated",
        names(analysis.variables),
        np.unique([0, *steps, *landmarks]),
        "time",
        "is_event",
        replicates=resamples,
        seed=analysis.option("seed"),
        progress=PROGRESS.get(),
    )
    levels = {1: where["group_level"], 0: where["comparator"]}
    for row in records(result):
        time, group, survival = row["time"], row["group"], row["survival"]
        flag = row["flag"] if survival == survival else "beyond last follow-up"
        limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
        if group in levels and (time == 0 or time in steps):
            collect.add(
                "curve",
                analysis_id=analysis.analysis_id,
                group_level=levels[group],
                time_days=time,
                time_months=time * month,
                survival=survival,
                **limits,
                ci_low_mcse=row["low_error"],
                ci_high_mcse=row["high_error"],
            )
        if time in landmarks:
            name = "survival" if group in levels else "survival_difference"
            about: Where = {**where, "variable": "month", "variable_level": f"{time * month:g}"}
            if group in levels:
                about |= {"group_level": levels[group], "comparator": None}
            errors = row["low_error"], row["high_error"]
            drawn = Drawn(row["draws"], row["failed"], 0.0, *errors) if row["draws"] else None
            collect.statistic(analysis, name, survival, drawn, method=row["method"], flag=flag, **limits, **about)
