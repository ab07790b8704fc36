"""A view of models computed elsewhere in the plan (`options.sources`): nothing is computed here."""

from __future__ import annotations

from ..ard import Collector
from ..plan import Analysis


def run(analysis: Analysis, collect: Collector) -> None:
    analysis.option("sources")
