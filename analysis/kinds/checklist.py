"""Reporting guidelines item by item with the places that answer them (dataset checklist); nothing is computed."""

from __future__ import annotations

import json

from ..ard import Collector
from ..plan import Analysis, PlanError


def run(analysis: Analysis, collect: Collector) -> None:
    """Rows item, note and place_<kind> (output, section, table) by standard (variable) and item (variable_level)."""
    items = analysis.datasets.get("checklist")
    if items is None:
        raise PlanError(f"analysis {analysis.analysis_id}: there is no dataset checklist")
    for row in items.sort_values("seq").itertuples():
        where = {"variable": row.standard, "variable_level": row.item, "method": "declared"}
        collect.statistic(analysis, "item", value_txt=row.topic, **where)
        collect.statistic(analysis, "note", value_txt=row.note, **where)
        for found in json.loads(row.places):
            collect.statistic(analysis, f"place_{found['kind']}", value_txt=found["place"], **where)
