"""The sections of the report: the part of an output_id before the dot, and its heading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# In the order of the report; sections that a plan adds follow in the order of their outputs.
TITLES = {
    "cohort": "Cohort",
    "baseline": "Baseline",
    "response": "Response",
    "survival": "Survival",
    "models": "Models",
    "treatment": "Treatment and product",
    "kinetics": "Kinetics",
    "safety": "Safety",
    "reviewer": "What a reviewer would ask",
    "quality": "Missing values",
}

# Sections that stand behind the main part, whatever a plan says.
BEHIND = ("reviewer", "quality")


def section_of(output_id: str) -> str:
    """The section's name."""
    return output_id.split(".")[0]


def title_of(output_id: str) -> str:
    """The heading of an output's section; a name without one is its own."""
    name = section_of(output_id)
    return TITLES.get(name, name.replace("_", " ").capitalize())


def is_annex(output: Mapping[str, Any]) -> bool:
    """Whether an output stands behind the main part: folded away on screen, printed when it is open."""
    return section_of(output["output_id"]) in BEHIND or output.get("part") == "annex"
