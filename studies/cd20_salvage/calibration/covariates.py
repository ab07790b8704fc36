"""Covariates: which slot has which factor, by simulated annealing over exchanges within a treatment group.

Table 1 stays exact at every step. The factors that the multivariable models bind together, and those of the index, move
together, and days move with them: an exchange of days within a group leaves its curves alone and changes every model a
little. Where few have a factor, or lack it, the number of events among them decides its standard errors and later moves
do not change it: such factors are placed alone before the long run. No free factor changes another one's rows, so each
is placed alone on the days that were found.
"""

from __future__ import annotations

import numpy as np

from studies.cd20_salvage.calibration import factors, moves, state, units
from studies.cd20_salvage.calibration.annealing import anneal
from studies.cd20_salvage.calibration.factors import (
    AGE,
    BRIDGED,
    COLUMN,
    DOSE,
    ECOG,
    ECOG_GE3,
    GCB,
    IPI,
    LDH,
    REFRACTORY,
    SITES,
    STAGE,
    TRANSPLANT,
)
from studies.cd20_salvage.calibration.schedule import Cooling, Run
from studies.cd20_salvage.calibration.slots import SLOT_GROUP
from studies.cd20_salvage.calibration.times import Times

BOUND = (AGE, ECOG_GE3, GCB, TRANSPLANT, REFRACTORY, BRIDGED, DOSE, IPI, STAGE, LDH, SITES)
FREE = tuple(column for column in range(len(factors.NAMES)) if column not in (*BOUND, ECOG, COLUMN["treatment_cd20"]))
RARE = (STAGE, TRANSPLANT, BRIDGED)
NAMED = {"bound": BOUND, "rare": RARE, "free": FREE}

# How often each move is drawn.
INDEX = [AGE, ECOG, STAGE, LDH, SITES] + [moves.INDEX_FACTORS] * 3
EXCHANGED_DAYS = [moves.PROGRESSIONS, moves.LAST_DAYS] * 6
TABLE_2 = (INDEX + [GCB] * 3 + [TRANSPLANT] * 2) * 3 + EXCHANGED_DAYS + [REFRACTORY] * 3
TABLE_3 = (INDEX + [REFRACTORY, BRIDGED] + [DOSE] * 3) * 3 + EXCHANGED_DAYS
NEW_DAYS = [moves.ONE_DAY] * 8


def fine(movable: list[int]) -> list[int]:
    """The same moves, doses in steps of any size."""
    return [moves.FINE_DOSE if move == DOSE else move for move in movable]


def search(
    days: Times,
    x: np.ndarray,
    cooling: Cooling,
    *,
    movable,
    priced,
    with_models: bool,
    missed: float,
    days_weight: float = 0.0,
    **kept,
) -> tuple[float, Times, np.ndarray]:
    """One run from factors `x` on `days`. Returns price, days, factors.

    movable      columns and moves, as often as they shall be drawn
    priced       columns whose univariable and logistic rows count; models count `with_models`
    missed       price of a miss as such; nan for a hot search, whose prices are distances
    days_weight  price of the survival statistics, which is 0 as long as no day is new
    kept         what else units.aims takes: weights of claims, what stays as it is
    """
    aims = units.aims(priced, with_models=with_models, missed=missed, days_weight=days_weight, **kept)
    price, found, moved = anneal(
        aims,
        state.begin(days, x, aims),
        SLOT_GROUP,
        np.array(movable),
        cooling.steps,
        cooling.hot,
        cooling.cold,
        cooling.seed,
    )
    return price, Times(*moved), found


def together(run: Run, days: Times, x: np.ndarray) -> tuple[float, Times, np.ndarray]:
    """All factors of the run at once, with days: exchanged only, or new ones where they have a price."""
    movable = [*TABLE_2, *TABLE_3, *(NEW_DAYS if run.days_weight > 0 else ())]
    return search(
        days,
        x,
        run.cooling,
        movable=movable,
        priced=NAMED[run.factors],
        with_models=True,
        missed=run.missed,
        days_weight=run.days_weight,
    )


def alone(run: Run, days: Times, x: np.ndarray) -> tuple[float, Times, np.ndarray]:
    """Every factor of the run for itself on the days as they are; returns the sum of the prices."""
    total = 0.0
    for column in NAMED[run.factors]:
        cooling = run.cooling._replace(seed=run.cooling.seed + column)
        price, days, x = search(
            days, x, cooling, movable=[column], priced=(column,), with_models=False, missed=run.missed
        )
        total += price
    return total, days, x
