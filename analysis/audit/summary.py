"""Tallies of the audit: claims by verdict, and the share reproduced among those that could be, in all and by stage."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cartwright.analysis.audit.verdict import CLOSE, DIFFERS, ORDER, REPRODUCED

STAGES = ("counts", "times", "univariable", "multivariable")
OPEN = (REPRODUCED, CLOSE, DIFFERS)  # compared with a result, and nothing speaks against the print


@dataclass(frozen=True)
class Attained:
    """Claims of one stage by verdict. `open` leaves out what print gets wrong or what nothing answers."""

    name: str
    claims: int
    reproduced: int
    close: int
    differs: int

    @property
    def open(self) -> int:
        return self.reproduced + self.close + self.differs

    @property
    def share(self) -> float | None:
        return self.reproduced / self.open if self.open else None


def by_verdict(audit: pd.DataFrame) -> dict[str, int]:
    """Every verdict in the order of `ORDER`, also those that no claim has."""
    counts = audit["verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in ORDER}


def attained(audit: pd.DataFrame) -> list[Attained]:
    """All claims that are compared with a result, then those of each stage of the calibration, then the others."""
    computed = audit[audit["analysis_id"] != ""]
    parts = {"all": computed, **{stage: computed[computed["calibration_stage"] == stage] for stage in STAGES}}
    parts["no target"] = computed[computed["calibration_stage"] == ""]
    return [
        Attained(name, len(part), *(int((part["verdict"] == verdict).sum()) for verdict in OPEN))
        for name, part in parts.items()
        if name == "all" or len(part)
    ]
