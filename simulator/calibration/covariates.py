"""Covariates: which slot has which factor, by simulated annealing over exchanges within a treatment group.

Table 1 stays exact at every step. What Table 3 prints depends on the CD20 group alone, so it is placed first, then what
Table 2 adds. The factors that the multivariable models bind together move together, and days move with them: an
exchange of days within a group leaves its curves alone and changes every model a little. Stage, LDH and extranodal
sites then follow within the index that was found, and every other factor is searched alone.
"""

from __future__ import annotations

import numpy as np

from simulator.calibration import factors, moves, prices
from simulator.calibration.compiled import compiled
from simulator.calibration.factors import (
    AGE,
    BRIDGED,
    COLUMN,
    DOSE,
    ECOG,
    ECOG_GE3,
    IPI,
    LDH,
    REFRACTORY,
    SITES,
    STAGE,
)
from simulator.calibration.slots import CD20, COUNT, SLOT_GROUP
from simulator.calibration.times import Times

GCB, TRANSPLANT = COLUMN["coo_gcb"], COLUMN["prior_sct"]
IN_MODELS = (AGE, ECOG_GE3, GCB, TRANSPLANT, REFRACTORY, BRIDGED, DOSE, IPI)
IN_INDEX = (STAGE, LDH, SITES)
FREE = tuple(
    column for column in range(len(factors.NAMES))
    if column not in (*IN_MODELS, *IN_INDEX, ECOG, COLUMN["treatment_cd20"])
)  # fmt: skip

# How often each move is drawn.
_INDEX_MOVES = [AGE, ECOG, ECOG, STAGE, LDH, SITES] + [moves.INDEX_FACTORS] * 3
_DAY_MOVES = [moves.PROGRESSIONS, moves.LAST_DAYS, moves.ONE_DAY]
TABLE_3 = (_INDEX_MOVES + [REFRACTORY, BRIDGED] + [DOSE] * 3) * 3 + _DAY_MOVES * 2
TABLE_2 = (_INDEX_MOVES + [GCB] * 3 + [TRANSPLANT]) * 3 + _DAY_MOVES * 2
DAYS_WEIGHT = 20.0  # survival statistics are not given up for a covariate
IPI_WEIGHT = 8.0  # price of a patient beyond the printed counts of the index


@compiled
def anneal(aims, state, group, movable, slots, is_index_fixed, steps, hot, cold, seed):
    """Simulated annealing on `state` over the `movable` changes of the slots from `slots[0]` to before `slots[1]`.

    Returns the best price, its factors and its days. `is_index_fixed` forbids changes of the index and of a performance
    status of 3 or more.
    """
    np.random.seed(seed)
    x, days, orders = state.x, state.days, state.orders
    count, width = prices.units(aims), x.shape[1]
    paid, offer = np.zeros(count), np.zeros(count)
    for k in range(count):
        paid[k] = prices.unit_price(aims, state, k)
    paid_days, paid_ipi = DAYS_WEIGHT * prices.days_price(aims, state), IPI_WEIGHT * prices.ipi_misses(x)
    current = paid.sum() + paid_days + paid_ipi
    best, best_x, best_days = current, x.copy(), days.copy()
    old_i, old_j, old_days, old_orders = x[0].copy(), x[0].copy(), days.copy(), orders.copy()
    changed, touched = np.zeros(width, np.bool_), np.zeros(count, np.bool_)
    for step in range(steps):
        if best == 0:
            break
        temperature = hot * (cold / hot) ** (step / steps)
        move = movable[np.random.randint(movable.size)]
        i = slots[0] + np.random.randint(slots[1] - slots[0])
        j = i if move == moves.ONE_DAY else moves.partner(state, i, move, group)
        if i == j and move != moves.ONE_DAY:
            continue
        is_day = move in (moves.PROGRESSIONS, moves.LAST_DAYS, moves.ONE_DAY)
        bound = current - temperature * np.log(np.random.random() + 1e-300)
        new_days, new_ipi = paid_days, paid_ipi
        if is_day:
            old_days[:], old_orders[:] = days, orders
            fits = moves.move_days(state, i, j, move, group)
            changed[:] = True
            if fits and move != moves.PROGRESSIONS:
                new_days = DAYS_WEIGHT * prices.days_price(aims, state)
        else:
            old_i[:], old_j[:] = x[i], x[j]
            fits = moves.move_factors(x, i, j, move)
            for a in range(width):
                changed[a] = not (moves.same(old_i[a], x[i, a]) and moves.same(old_j[a], x[j, a]))
            fits = fits and changed.any() and not (is_index_fixed and (changed[IPI] or changed[ECOG_GE3]))
            if fits and changed[IPI]:
                new_ipi = IPI_WEIGHT * prices.ipi_misses(x)
        new = new_days + new_ipi
        if fits:
            for k in range(count):
                touched[k] = prices.is_touched(aims, k, changed, is_day or i < CD20)
                offer[k] = 0.0 if touched[k] else paid[k]
                new += offer[k]
            for k in range(count):  # the cheap units first, and no more than it takes to say no
                if touched[k] and new <= bound:
                    offer[k] = prices.unit_price(aims, state, k)
                    new += offer[k]
        if fits and new <= bound:
            current, paid_days, paid_ipi = new, new_days, new_ipi
            paid[:] = offer
            if is_day:
                for which in range(2):
                    for k in range(COUNT):
                        state.ranks[which, orders[which, k]] = k
            if current < best - 1e-12:
                best = current
                best_x[:], best_days[:] = x, days
        elif is_day:
            days[:], orders[:] = old_days, old_orders
        else:
            x[i], x[j] = old_i, old_j
    return best, best_x, best_days


def search(
    times: Times, x: np.ndarray, seed: int, steps: float, *, hot: float, cold: float, movable, priced,
    with_models: bool = False, cd20_only: bool | None = None, slots: tuple[int, int] = (0, COUNT),
    is_index_fixed: bool = False,
):  # fmt: skip
    """One annealing run from `x` on the days of `times`. Returns price, days, matrix.

    movable      columns and moves, as often as they shall be drawn
    priced       columns whose univariable and logistic rows count; models count `with_models`
    cd20_only    price only what is of the CD20 group (True), or only what is of all (False)
    """
    price, found, days = anneal(
        prices.aims(priced, with_models=with_models, cd20_only=cd20_only), prices.state(times, x),
        SLOT_GROUP, np.array(movable), slots, is_index_fixed, int(steps), hot, cold, seed,
    )  # fmt: skip
    return price, Times(*days), found


def search_models(
    times: Times, x: np.ndarray, seed: int, *, hot: float, cold: float, steps: float
) -> tuple[Times, np.ndarray]:
    """Days and the factors of the models: Table 3 in the CD20 group, then Table 2 in the others, then both in all."""
    price, times, x = search(
        times, x, seed, steps, hot=hot, cold=cold, movable=TABLE_3, priced=IN_MODELS, with_models=True,
        cd20_only=True, slots=(0, CD20),
    )  # fmt: skip
    print(f"models of Table 3: {price:.2f}", flush=True)
    price, times, x = search(
        times, x, seed + 1, steps, hot=hot, cold=cold, movable=TABLE_2 + TABLE_3, priced=IN_MODELS, with_models=True
    )
    print(f"models of both tables: {price:.2f}", flush=True)
    return times, x


def search_rest(times: Times, x: np.ndarray, seed: int, *, steps: float = 4e6) -> np.ndarray:
    """The other factors on these days: those of the index within the index as it is, then every one alone."""
    for column in IN_INDEX:
        price, _, x = search(
            times,
            x,
            seed,
            steps,
            hot=2.0,
            cold=0.15,
            movable=[column, column, ECOG, *IN_INDEX],
            priced=IN_INDEX,
            is_index_fixed=True,
        )
        seed += 1
    print(f"other factors of the index: {price:.2f}", flush=True)
    for column in FREE:
        price, _, x = search(times, x, seed, steps, hot=2.0, cold=0.15, movable=[column], priced=[column])
        print(f"{factors.NAMES[column]}: {price:.2f}", flush=True)
        seed += 1
    return x
