"""Repair at the end of a search: many short runs of a part of the cohort, in which some missed claims weigh more.

A long run freezes with claims missed that a change of several things at once would mend. A short one begins warm, moves
a part (PARTS), and is kept when the whole is nearer to print, now and then when it is a little farther. The weights on
a few missed claims lead it out of where it stands (guided local search, Voudouris and Tsang 1999).
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration import factors, prices, score, state, units
from studies.cd20_salvage.calibration.covariates import BOUND, INDEX, NEW_DAYS, TABLE_2, TABLE_3, fine, search
from studies.cd20_salvage.calibration.factors import (
    AGE,
    BRIDGED,
    ECOG,
    GCB,
    IPI,
    LDH,
    REFRACTORY,
    SITES,
    STAGE,
    TRANSPLANT,
)
from studies.cd20_salvage.calibration.moves import FINE_DOSE, INDEX_FACTORS, LAST_DAYS, ONE_DAY, PROGRESSIONS
from studies.cd20_salvage.calibration.schedule import Cooling, Run
from studies.cd20_salvage.calibration.targets import Window
from studies.cd20_salvage.calibration.times import Times

DAYS_WEIGHT = 60.0
HOT, COLD = (0.25, 0.4, 0.7, 1.1), 0.06
CHOSEN, GAIN = (0, 2, 4), (3.0, 8.0)  # how many missed claims weigh more, and how much
CONVERGED = 5  # steps of a fit
PULL = 8.0  # weight of a claim that is not even close, and need be no more than that
RETURN = 0.05  # share of the refused runs after which the search goes back to its best


class Part(NamedTuple):
    """What a short run moves: moves as often as drawn, steps, price of survival statistics, turns it gets."""

    movable: list[int]
    steps: int
    days_weight: float
    turns: int
    is_index_kept: bool = False


_TRAITS = [GCB, TRANSPLANT, AGE, REFRACTORY, SITES]
PARTS = (
    Part([REFRACTORY] * 2 + [BRIDGED] + [FINE_DOSE] * 6, 1_500_000, 0, 3),
    Part([STAGE, LDH, SITES, ECOG] + [INDEX_FACTORS] * 4, 8_000_000, 0, 4, is_index_kept=True),
    Part([GCB] * 2 + [TRANSPLANT], 1_500_000, 0, 1),
    Part([GCB] * 2 + [TRANSPLANT, AGE] + [REFRACTORY] * 2 + [BRIDGED] + [FINE_DOSE] * 5, 2_000_000, 0, 2),
    Part([LAST_DAYS] * 2 + [FINE_DOSE], 1_500_000, 0, 1),
    Part([PROGRESSIONS] * 2 + [FINE_DOSE], 1_500_000, 0, 1),
    Part([LAST_DAYS] * 2 + _TRAITS, 2_000_000, 0, 1),
    Part([PROGRESSIONS] * 2 + _TRAITS, 2_000_000, 0, 1),
    Part([ONE_DAY] * 4 + [LAST_DAYS, PROGRESSIONS, FINE_DOSE], 2_000_000, DAYS_WEIGHT, 1),
    Part(fine([*TABLE_2, *TABLE_3, *NEW_DAYS]), 4_000_000, DAYS_WEIGHT, 1),
    Part([*INDEX, GCB, REFRACTORY], 2_000_000, 0, 2),
)


def price(days: Times, x: np.ndarray, missed: float, not_close: float) -> float:
    """Price of all bound claims and of the survival statistics; what is not even close costs `not_close` more."""
    aims = units.aims(BOUND, with_models=True, missed=missed, days_weight=DAYS_WEIGHT)
    now = state.begin(days, x, aims)
    for k in range(aims.endpoints.size):
        for _ in range(CONVERGED):
            prices.restart(aims, now, k)
    paid = sum(prices.unit_price(aims, now, k) for k in range(aims.endpoints.size))
    return paid + not_close * sum(missed_claims(days, x).values())


def is_close(part: score.Part) -> bool:
    """Whether the audit calls it so."""
    return Window(part.printed_from, part.printed_to).widened().holds(part.found)


def missed_claims(days: Times, x: np.ndarray) -> dict[str, bool]:
    """Rows of the bound factors and models that do not print as published: whether they are not even close."""
    aimed = {cell.claim_id for cell in factors.cells() if cell.column in BOUND}
    aimed |= {claim_id for model in factors.models() for claim_id in model.claim_ids}
    missed: dict[str, bool] = {}
    for part in score.of_models(days, x):
        if part.claim_id in aimed and not part.is_attained:
            missed[part.claim_id] = missed.get(part.claim_id, False) or not is_close(part)
    return missed


def repair(run: Run, days: Times, x: np.ndarray) -> tuple[float, Times, np.ndarray]:
    """Short runs, as many as the run has steps, each kept if the price rises by less than a share of `hot`.

    Where `cold` is not 0, that is what a claim costs that is not even close, and such claims weigh more until they are.
    """
    not_close = run.cooling.cold
    draw = random.Random(run.cooling.seed)
    turns = [part for part in PARTS for _ in range(part.turns)]
    best = current = price(days, x, run.missed, not_close)
    found = days, x
    for number in range(run.cooling.steps):
        part = draw.choice(turns)
        hot = draw.choice(HOT)
        misses = missed_claims(days, x)
        chosen = draw.sample(list(misses), min(len(misses), draw.choice(CHOSEN)))
        pulled = [claim for claim, is_far in misses.items() if is_far and not_close > 0]
        gain = draw.choice(GAIN)
        weights = dict.fromkeys(chosen, gain) | dict.fromkeys(pulled, PULL)
        _, new_days, new_x = search(
            days,
            x,
            Cooling(draw.randrange(1 << 30), part.steps, hot, COLD),
            movable=part.movable,
            priced=(STAGE, LDH, SITES, IPI) if part.is_index_kept else BOUND,
            with_models=not part.is_index_kept,
            missed=run.missed,
            days_weight=part.days_weight,
            is_index_kept=part.is_index_kept,
            weight=lambda claim, weights=weights: weights.get(claim, 1.0),
            close_enough=pulled,
        )
        new = price(new_days, new_x, run.missed, not_close)
        if new < current + run.cooling.hot * draw.random():
            current, days, x = new, new_days, new_x
            if new < best - 1e-6:
                print(f"  short run {number + 1}: price {new:.2f}", flush=True)
                best, found = new, (days, x)
        elif draw.random() < RETURN:
            current, (days, x) = best, found
    return best, *found
