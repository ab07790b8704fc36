"""Which claims a run is about, and which only stand in its background.

A factor that two patients exchange, or a day, touches many claims at once; the more claims have to stay whole,
the earlier a search freezes. So the claims come in turn: first the models of Table 2 with what they are made of, then
Table 3, which the CD20 group alone decides, then Table 2 by what is left to move; at last the days, whose statistics
nothing else shall cost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration import factors, moves
from studies.cd20_salvage.calibration.covariates import (
    BOUND,
    EXCHANGED_DAYS,
    FREE,
    INDEX,
    NEW_DAYS,
    TABLE_2,
    TABLE_3,
    fine,
    search,
)
from studies.cd20_salvage.calibration.factors import BRIDGED, GCB, REFRACTORY, TRANSPLANT
from studies.cd20_salvage.calibration.schedule import Run
from studies.cd20_salvage.calibration.times import Times

BACKGROUND = 0.1  # by their distance only: near enough to be reached later
HELD = 40.0  # more than a search that is not hot ever pays


class Focus(NamedTuple):
    """Weights of claims by id, moves as often as they are drawn, columns whose rows count, whether Table 3 is to stay,
    what crowding costs.
    """

    weight: Callable[[str], float]
    movable: list[int]
    priced: tuple[int, ...] = BOUND
    is_table_3_settled: bool = False
    evenness: float = 0.0


def _is_of_table_3(claim_id: str) -> bool:
    return claim_id.startswith(("t3.", "r."))


def _is_of_models_2(claim_id: str) -> bool:
    """A row of a multivariable model of Table 2, or a univariable one of a factor in it."""
    if ".multi." in claim_id:
        return claim_id.startswith("t2.")
    return claim_id.rpartition(".")[2] in factors.MULTI["t2"]


FOCI = {
    "models_2": Focus(
        lambda claim: 1.0 if _is_of_models_2(claim) else BACKGROUND, fine([*TABLE_2, *TABLE_3, *NEW_DAYS])
    ),
    "table_3": Focus(
        lambda claim: 1.0 if _is_of_table_3(claim) else BACKGROUND,
        [*INDEX, REFRACTORY, BRIDGED] * 3 + [moves.FINE_DOSE] * 25 + [*EXCHANGED_DAYS, *NEW_DAYS, GCB, GCB, TRANSPLANT],
    ),
    "table_2": Focus(
        lambda claim: HELD if _is_of_table_3(claim) else 1.0,
        INDEX * 2 + [REFRACTORY] * 4 + [GCB] * 8 + [TRANSPLANT] * 4 + EXCHANGED_DAYS + NEW_DAYS * 2,
        is_table_3_settled=True,
    ),
    "days": Focus(  # at a days_weight that makes them so
        lambda _: 1.0, [moves.ONE_DAY] * 4 + [moves.LAST_DAYS, moves.PROGRESSIONS, moves.FINE_DOSE]
    ),
    "even": Focus(  # what prints stays so, at the price of a miss, while events are spread over the days between
        lambda _: 1.0,
        [moves.ONE_DAY] * 3 + [moves.BEND, moves.LAST_DAYS, moves.PROGRESSIONS],
        (*BOUND, *FREE),
        evenness=1.0,
    ),
}


def focus(run: Run, days: Times, x: np.ndarray) -> tuple[float, Times, np.ndarray]:
    """A run about the claims that it names (FOCI), on all bound factors, with new days."""
    weight, movable, priced, is_table_3_settled, evenness = FOCI[run.factors]
    return search(
        days,
        x,
        run.cooling,
        movable=movable,
        priced=priced,
        with_models=True,
        missed=run.missed,
        days_weight=run.days_weight,
        weight=weight,
        is_table_3_settled=is_table_3_settled,
        evenness=evenness,
    )
