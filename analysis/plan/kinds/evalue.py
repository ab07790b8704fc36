"""E-values of ratios computed earlier in the plan: option `sources` lists their analyses, `labels` their names here.

Of a model with several covariates the ratio of the option `variable` counts; `is_common` says whether more than about
15 % had the event by the end of follow-up.
"""

from __future__ import annotations

from typing import Any

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError

SCALES = {"hr": "hazard", "or": "odds"}


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics ratio (the source, with its limits), evalue and evalue_limit, by `variable` = source."""
    from cartwright.analysis.methods.sensitivity import e_value

    for source in analysis.option("sources"):
        row, kind = _ratio(analysis, collect, source)
        about = {"variable": source, "n": row.get("n"), "events": row.get("events")}
        limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
        collect.statistic(
            analysis, "ratio", row["value"], **limits, method=row.get("method"), flag=row["flag"], **about
        )
        found = e_value(row["value"], **limits, kind=kind, is_common=analysis.option("is_common"))
        for statistic, value in (("evalue", found.point), ("evalue_limit", found.limit)):
            flag = row["flag"] if value == value else row["flag"] or "ratio or limits not estimable"
            collect.statistic(analysis, statistic, value, method=found.method, flag=flag, **about)


def _ratio(analysis: Analysis, collect: Collector, source: str) -> tuple[dict[str, Any], str]:
    """The row of the source's ratio. Raises PlanError when no earlier analysis gives it."""
    wanted = (None, analysis.options.get("variable"))
    for statistic, kind in SCALES.items():
        if rows := [row for row in collect.found(source, statistic) if row.get("variable") in wanted]:
            return rows[0], kind
    raise PlanError(f"analysis {analysis.analysis_id}: no earlier analysis {source} with a ratio")
