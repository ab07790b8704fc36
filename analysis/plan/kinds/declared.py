"""A table of words that the plan states and nobody computes, as a protocol: options `columns` and `rows` of cells."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError


def run(analysis: Analysis, collect: Collector) -> None:
    """Nothing is computed; every row must have a cell a column. Raises PlanError."""
    width = len(analysis.option("columns"))
    if any(len(row) != width for row in analysis.option("rows")):
        raise PlanError(f"analysis {analysis.analysis_id}: every row needs {width} cells")
