"""Families of tests declared in the plan, with p values adjusted for their number; reads what other analyses found.

Option `families` lists them: `family`, `label`, `method` (none, sequence, holm, bh; see compare/multiplicity.py) and
`tests`. A test names its `analysis`, a `label`, and where one analysis has several p values the `variable`,
`variable_level`, `statistic` (p if none is named) and `test` (the method of the p). `every: true` takes, of each
variable of the analysis, the p of its first test.
"""

from __future__ import annotations

from typing import Any

from cartwright.analysis.counted import counted
from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable

UNADJUSTED = "none"


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics p_raw and p_adjusted by family (group_level), place in it (variable_level) and test (value_txt)."""
    from cartwright.analysis.methods.compare import adjust

    for family in analysis.option("families"):
        found = [each for test in family["tests"] for each in _found(analysis, collect, test)]
        raw = [row["value"] for _, row in found]
        adjusted = raw if family["method"] == UNADJUSTED else adjust(raw, family["method"])
        method = f"{family['method']}, {counted(sum(p == p for p in raw), 'test')}"
        for place, ((label, row), p, of_family) in enumerate(zip(found, raw, adjusted, strict=True), start=1):
            about = {
                "group_level": family["family"],
                "variable": row["analysis_id"],
                "variable_level": str(place),
                "value_txt": label,
                "n": row.get("n"),
                "events": row.get("events"),
            }
            flag = row["flag"] or (None if p == p else "no p value")
            collect.statistic(analysis, "p_raw", p, method=row.get("method"), flag=flag, **about)
            reason = None if of_family == of_family else flag or "not reached: an earlier test has no p value"
            collect.statistic(analysis, "p_adjusted", of_family, method=method, flag=reason, **about)


def _found(analysis: Analysis, collect: Collector, test: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(label, row) of the p values a test names; one without a value where its analysis found none tonight.

    Raises PlanError when no earlier analysis has this name.
    """
    wanted = {column: test[column] for column in ("variable", "variable_level") if column in test}
    if "test" in test:
        wanted["method"] = test["test"]
    rows = collect.found(test["analysis"], test.get("statistic", "p"), **wanted)
    if test["analysis"] not in {row["analysis_id"] for row in collect.rows["analysis"]}:
        raise PlanError(f"analysis {analysis.analysis_id}: no earlier analysis {test['analysis']}")
    if not rows:
        missing = {"analysis_id": test["analysis"], "value": float("nan"), "flag": "its analysis gave no p value"}
        return [] if test.get("every") else [(test["label"], missing)]
    if not test.get("every"):
        return [(test["label"], rows[0])]
    chosen = []
    for variable in _variables(collect, test["analysis"]):
        levels = (None, variable.level)  # a test of the whole variable names no level
        own = (row for row in rows if row["variable"] == variable.name and row.get("variable_level") in levels)
        chosen += [(variable.label, row) for row in [next(own, None)] if row]
    return chosen


def _variables(collect: Collector, analysis_id: str) -> list[Variable]:
    """The variables of an earlier analysis, as the plan declares them."""
    import json

    from cartwright.analysis.plan.definition import variable_of

    row = next(row for row in collect.rows["analysis"] if row["analysis_id"] == analysis_id)
    return [variable_of(spec, analysis_id) for spec in json.loads(row["variables"])]
