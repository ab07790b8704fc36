"""E-values of ratios computed earlier in the plan: option `sources` lists `{analysis, variable, label}`, and the option
`is_common` says whether more than about 15 % had the event by the end of follow-up.
"""

from __future__ import annotations

from typing import Any

from ..ard import Collector
from ..plan import Analysis, PlanError

SCALES = {"hr": "hazard", "or": "odds"}


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics ratio (the source, with its limits), evalue and evalue_limit, by `variable` = label of the source."""
    from ..sensitivity import e_value

    for source in analysis.option("sources"):
        row, kind = _ratio(analysis, collect, source)
        about = {"variable": source["label"], "variable_level": source["analysis"], "n": row.get("n")}
        about["events"] = row.get("events")
        collect.statistic(
            analysis, "ratio", row["value"], ci_low=row["ci_low"], ci_high=row["ci_high"], method=row.get("method"),
            flag=row["flag"], **about,
        )  # fmt: skip
        found = e_value(row["value"], row["ci_low"], row["ci_high"], kind, analysis.option("is_common"))
        for statistic, value in (("evalue", found.point), ("evalue_limit", found.limit)):
            flag = row["flag"] if value == value else row["flag"] or "ratio or limits not estimable"
            collect.statistic(analysis, statistic, value, method=found.method, flag=flag, **about)


def _ratio(analysis: Analysis, collect: Collector, source: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The row of the source's ratio. Raises PlanError when no earlier analysis gives it."""
    where = {"variable": source["variable"]} if "variable" in source else {}
    for statistic, kind in SCALES.items():
        if rows := collect.found(source["analysis"], statistic, **where):
            return rows[0], kind
    raise PlanError(f"analysis {analysis.analysis_id}: no earlier analysis {source['analysis']} with a ratio")
