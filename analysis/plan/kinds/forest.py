"""A view of models computed elsewhere in the plan (`options.sources`): nothing is computed here."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis


def run(analysis: Analysis, collect: Collector) -> None:
    analysis.option("sources")
