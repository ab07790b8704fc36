"""Simulated annealing on a cohort: a change is made in place, priced no further than it takes to refuse it, kept or
taken back.
"""

from __future__ import annotations

import numpy as np

from studies.cd20_salvage.calibration import moves, partners, prices
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.factors import AGE, ECOG_GE3, GCB, IPI, TRANSPLANT
from studies.cd20_salvage.calibration.slots import CD20, COUNT
from studies.cd20_salvage.calibration.state import encode, reorder
from studies.cd20_salvage.calibration.units import touch_by_days, touch_by_factors

REPORTED = 10_000_000  # steps between two words about the progress
EVERY_GROUP = 0b1111  # of slots.SLOT_GROUP
PATIENT = 100.0  # price of a patient who cannot be, which is more than claims


@compiled
def anneal(aims, state, group, movable, steps, hot, cold, seed):
    """Search from `state` over the `movable` changes, from temperature `hot` down to `cold`.

    Returns the best price, its factors and its days.
    """
    np.random.seed(seed)
    x, days, orders = state.x, state.days, state.orders
    count, width = aims.endpoints.size, x.shape[1]
    paid, offer = np.zeros(count), np.zeros(count)
    for k in range(count):
        paid[k] = prices.unit_price(aims, state, k)
    paid_patients = PATIENT * prices.impossible(aims, state)
    paid_crowd = aims.evenness * prices.crowding(days, state.events) if aims.evenness > 0 else 0.0
    current = paid.sum() + paid_patients + paid_crowd
    best, best_x, best_days = current, x.copy(), days.copy()
    old_i, old_j, old_days, old_orders = x[0].copy(), x[0].copy(), days.copy(), orders.copy()
    changed, touched, moved = np.zeros(width, np.bool_), np.zeros(count, np.bool_), np.zeros(2, np.bool_)
    for step in range(steps):
        if best <= 0:
            break
        if step % REPORTED == 0 and step > 0:
            print("  million steps:", step // 1_000_000, "price:", current)
        if step % partners.KEPT_FOR == 0:
            partners.look_up(aims, state)
        temperature = hot * (cold / hot) ** (step / steps)
        move = movable[np.random.randint(movable.size)]
        i = np.random.randint(COUNT)
        is_one, is_bend = move == moves.ONE_DAY, move == moves.BEND
        if aims.is_table_3_settled and i < CD20 and not (is_one or is_bend or move in (GCB, TRANSPLANT)):
            continue
        j = i if is_one or is_bend else moves.partner(state, i, move, group, temperature / (1 + temperature))
        if i == j and not (is_one or is_bend):
            continue
        is_day = is_one or is_bend or move in (moves.PROGRESSIONS, moves.LAST_DAYS)
        bound = current - temperature * np.log(np.random.random() + 1e-300)
        new_patients, new_crowd, is_encoded = paid_patients, paid_crowd, False
        if is_day:
            old_days[:], old_orders[:] = days, orders
            fits = moves.bend(state, group) if is_bend else moves.move_days(state, i, j, move, group)
            if fits:
                for which in range(2):
                    moved[which] = (days[which] != old_days[which]).any()
                fits = moved.any()
                reorder(state)
                if aims.is_room_asked and moved[0]:
                    new_patients = PATIENT * prices.impossible(aims, state)
                if fits and aims.evenness > 0:
                    new_crowd = aims.evenness * prices.crowding(days, state.events)
        else:
            old_i[:], old_j[:] = x[i], x[j]
            fits = moves.move_factors(x, i, j, move)
            for a in range(width):
                changed[a] = not (moves.same(old_i[a], x[i, a]) and moves.same(old_j[a], x[j, a]))
            fits = fits and changed.any()
            if aims.is_index_kept and (changed[IPI] or changed[AGE] or changed[ECOG_GE3]):
                fits = False
            if fits and (changed[IPI] or aims.is_room_asked):
                new_patients = PATIENT * prices.impossible(aims, state)
            fits = fits and new_patients <= bound
            if fits:
                is_encoded = True
                encode(aims, state, i)
                encode(aims, state, j)
        new = new_patients + new_crowd
        if fits:
            in_cd20, groups = i < CD20 or is_bend, EVERY_GROUP if is_bend else 1 << group[i] if is_one else 0
            if is_day:
                touch_by_days(aims, moved, in_cd20, groups, touched)
            else:
                touch_by_factors(aims, changed, in_cd20, touched)
            for k in range(count):
                offer[k] = 0.0 if touched[k] else paid[k]
                new += offer[k]
            for k in range(count):  # the cheap units first, and no more than it takes to say no
                if touched[k] and new <= bound:
                    offer[k] = prices.unit_price(aims, state, k)
                    new += offer[k]
        if fits and new <= bound:
            paid[:], paid_patients, paid_crowd = offer, new_patients, new_crowd
            current = paid_patients + paid_crowd
            for k in range(count):
                if touched[k]:
                    exact = prices.restart(aims, state, k)
                    if exact >= 0:
                        paid[k] = exact
                current += paid[k]
            if is_day:
                for which in range(2):
                    for k in range(COUNT):
                        state.ranks[which, orders[which, k]] = k
            if current < best - 1e-12:
                best = current
                best_x[:], best_days[:] = x, days
        elif is_day:
            days[:], orders[:] = old_days, old_orders
            reorder(state)
        else:
            x[i], x[j] = old_i, old_j
            if is_encoded:
                encode(aims, state, i)
                encode(aims, state, j)
    return best, best_x, best_days
