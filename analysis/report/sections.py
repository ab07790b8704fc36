"""The sections of the report: the part of an output_id before the dot, and its heading."""

from __future__ import annotations

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


def section_of(output_id: str) -> str:
    """The section's name."""
    return output_id.split(".")[0]


def title_of(output_id: str) -> str:
    """The heading of an output's section; a name without one is its own."""
    name = section_of(output_id)
    return TITLES.get(name, name.replace("_", " ").capitalize())
