"""Reporting guidelines item by item with the places that answer them (dataset checklist); nothing is computed."""

from __future__ import annotations

import json

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError
from cartwright.analysis.records import records

DECLARED = "declared"


def run(analysis: Analysis, collect: Collector) -> None:
    """Rows item, note and place_1, place_2 ... by standard (variable) and item (variable_level), words in value_txt.

    The value is the order; a place says in group_level whether it is an output, a section or a table.
    """
    items = analysis.datasets.get("checklist")
    if items is None:
        raise PlanError(f"analysis {analysis.analysis_id}: there is no dataset checklist")
    for row in records(items.sort_values("seq")):
        where: Where = {"variable": row["standard"], "variable_level": row["item"]}
        collect.statistic(analysis, "item", row["seq"], value_txt=row["topic"], method=DECLARED, **where)
        collect.statistic(analysis, "note", row["seq"], value_txt=row["note"], method=DECLARED, **where)
        for number, found in enumerate(json.loads(row["places"]), start=1):
            where["group_level"] = found["kind"]
            collect.statistic(analysis, f"place_{number}", number, value_txt=found["place"], method=DECLARED, **where)
