"""The schedule of the calibration: every run, in its order, is a row of schedule.csv.

stage      times: event days without covariates; draw: a start for the factors; together: factors move together, with
           days; focus: the same for some claims first; alone: every factor of the row alone; repair: what a long run
           missed, by short ones; dress: what the models leave free
seed       of the run: the same schedule always ends in the same cohort
steps      of the annealing, from temperature `hot` to `cold`; repair: short runs, by how much
           the price may rise, and what a claim costs that is not close
factors    bound by models and index, rare among these, or free (covariates.NAMED); the focus (focus.FOCI)
missed     price of a missed claim as such, before the logarithm of its distance; none: the distance alone (prices)
days_weight  price of the survival statistics; 0 exchanges days between patients only, which leaves the curves alone
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

PATH = Path(__file__).with_name("schedule.csv")


class Cooling(NamedTuple):
    """One run of simulated annealing."""

    seed: int
    steps: int
    hot: float
    cold: float


class Run(NamedTuple):
    """A row of the schedule; `cooling.steps` is 0 where nothing is annealed."""

    stage: str
    cooling: Cooling
    factors: str
    missed: float  # nan: prices are distances
    days_weight: float


def runs(path: Path = PATH) -> list[Run]:
    """Every run, first to last."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Run(
                row["stage"],
                Cooling(int(row["seed"]), int(row["steps"] or 0), float(row["hot"] or 0), float(row["cold"] or 0)),
                row["factors"],
                float(row["missed"] or "nan"),
                float(row["days_weight"] or 0),
            )
            for row in csv.DictReader(file)
        ]
