"""What a search pays: the distance of every printed claim from its window, one unit at a time.

While a search is hot, a price is the distance itself, which leads all claims near their windows; when it is cold, it
rises with the logarithm of the distance, because a claim is reproduced or it is not, and one claim far away is better
than two nearby. A claim of a weight below 1, in the background, always pays by its distance, one above 1, which is
held, by its logarithm.
"""

from __future__ import annotations

import numpy as np

from studies.cd20_salvage.calibration import factors, kernel, newton, room, times
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.factors import DOSE, INTERVAL, IPI
from studies.cd20_salvage.calibration.slots import CD20, COUNT, RESPONDED, SLOT_GROUP
from studies.cd20_salvage.calibration.targets import NEAR
from studies.cd20_salvage.calibration.times import outside

HELD = 1.0  # price of a miss as such of what is held in a hot search
NO_FIT = 100.0  # price of a claim whose model has no finite estimate
UNKNOWN_INDEX = 10  # patients that one without an index counts for: it would leave every model
FURTHEST = 8.0  # from which log ratio a step may start
NEIGHBOURS = 0.06  # how far events feel each other, as a share of the time since 20 days before the start


@compiled
def form(weight, missed):
    """What a miss as such costs for a claim of this weight (claim_price)."""
    if weight < 1:
        return np.nan
    return HELD if weight > 1 and np.isnan(missed) else missed


@compiled
def claim_price(beta, se, w, missed):
    """Price of a ratio with limits and p, `w` the windows of log estimate, log limits and |z|; 0 if all print alike.

    A miss as such costs `missed`, to which comes the logarithm of the distance; if that is nan, the price is the
    distance in units of targets.NEAR.
    """
    half = kernel.Z * se
    distance = outside(beta, w[0], w[1]) + outside(beta - half, w[2], w[3]) + outside(beta + half, w[4], w[5])
    distance += se * outside(abs(beta) / se, w[6], w[7])
    if distance <= 0:
        return 0.0
    return distance / NEAR if np.isnan(missed) else missed + np.log1p(distance / NEAR)


@compiled
def fit_response(state, column):
    """Log odds ratio of response in the CD20 group and its standard error; not finite: 0 and newton.FAR."""
    if column == DOSE:
        y = np.zeros(CD20)
        y[:RESPONDED] = 1.0
        return kernel.logistic(state.x[:CD20, column].copy(), y)
    counts = np.zeros((2, 3))
    for i in range(CD20):
        counts[int(i < RESPONDED), state.codes[column, i]] += 1.0
    a, b, c, d = counts[1, 1], counts[1, 0], counts[0, 1], counts[0, 0]
    if a * b * c * d == 0:
        return 0.0, newton.FAR
    return np.log(a * d / (b * c)), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


@compiled
def ipi_misses(x):
    """Patients by which the two counts of an index of 3 or more differ from print, which knows the index of all."""
    counts, unknown = np.zeros(2), 0
    for i in range(COUNT):
        if np.isnan(x[i, IPI]):
            unknown += 1
        else:
            counts[int(i >= CD20)] += x[i, IPI]
    return abs(counts[0] - factors.IPI_GE3[0]) + abs(counts[1] - factors.IPI_GE3[1]) + UNKNOWN_INDEX * unknown


@compiled
def impossible(aims, state):
    """Patients too many or too few by the index, and those without room between their products once that is placed."""
    found = ipi_misses(state.x)
    return found + room.misses(state.x, state.days[0]) if aims.is_room_asked else found


@compiled
def crowding(days, events):
    """How much events of one endpoint and treatment group crowd in time; as low as may be where a hazard is smooth.

    Every pair repels by its distance on the log scale, on which early and late events are equally far apart.
    """
    found = 0.0
    for which in range(2):
        for low, high in ((0, CD20), (CD20, COUNT)):
            for i in range(low, high):
                if events[which, i] == 1:
                    at = np.log(days[which, i] + 20.0)
                    for j in range(i + 1, high):
                        if events[which, j] == 1:
                            found += np.exp(-abs(np.log(days[which, j] + 20.0) - at) / NEIGHBOURS)
    return found


@compiled
def unit_price(aims, state, k):
    """Price of the claims of unit k, one step from its start."""
    if k < aims.cells.shape[0]:
        return cell_price(aims, state, k)
    if aims.day_groups[k] > 0:
        return days_price(aims, state, k)
    k -= aims.cells.shape[0]
    if k < aims.logistic.size:
        beta, se = fit_response(state, aims.logistic[k])
        weight = aims.logistic_weights[k]
        return weight * claim_price(beta, se, aims.logistic_windows[k], form(weight, aims.missed))
    return model_price(aims, state, k - aims.logistic.size)


@compiled
def cell_price(aims, state, k):
    """Price of a cell of a univariable table."""
    which, column, cd20_only, is_inverse = aims.cells[k, 0], aims.cells[k, 1], aims.cells[k, 2], aims.cells[k, 3]
    time, event, start = state.days[which], state.events[which], state.cell_starts[k]
    if column in (DOSE, INTERVAL):
        beta, se = newton.step_number(state.x[:, column], state.cd20_orders[which], time, event, start)
    else:
        order = state.cd20_orders[which] if cd20_only else state.orders[which]
        sign = -1.0 if is_inverse else 1.0
        beta, se = newton.step_binary(state.codes[column], order, time, event, sign * start)
        beta *= sign
    state.cell_last[k] = beta
    weight = aims.cell_weights[k]
    return weight * claim_price(beta, se, aims.cell_windows[k], form(weight, aims.missed))


@compiled
def model_price(aims, state, k):
    """Price of all rows of a multivariable model."""
    which, size = aims.models[k, 0], aims.models[k, 2]
    order = state.cd20_orders[which] if aims.models[k, 1] else state.orders[which]
    s = state.scratch
    is_fit = newton.step_model(
        state.columns[k], state.risks[k], state.failed[k], order, state.days[which], size, state.model_starts[k], s
    )
    price = 0.0
    for a in range(size):
        weight, one = aims.model_weights[k, a], NO_FIT
        if is_fit:
            state.model_last[k, a] = s.beta[a]
            one = claim_price(s.beta[a], s.error[a], aims.model_windows[k, a], form(weight, aims.missed))
        price += weight * aims.model_claims[k, a] * one
    return price


@compiled
def days_price(aims, state, k):
    """Price of a row of medians or of ratios."""
    which = aims.endpoints[k]
    medians, ratios = (aims.medians_os, aims.ratios_os) if which == 0 else (aims.medians_pfs, aims.ratios_pfs)
    row = k - aims.cells.shape[0] - aims.logistic.size - aims.models.shape[0]
    row -= which * (aims.medians_os.shape[0] + aims.ratios_os.shape[0])
    time, event, order = state.days[which], state.events[which], state.orders[which]
    if row < medians.shape[0]:
        price = times.median_distance(medians[row], time, event, SLOT_GROUP, order)
    else:
        price = times.ratio_distance(ratios[row - medians.shape[0]], time, event, SLOT_GROUP, order)
    return aims.days_weight * price


@compiled
def restart(aims, state, k):
    """Let unit k start from its last estimate, and price it so; what is no iterated fit keeps its price (-1)."""
    if k < aims.cells.shape[0]:
        state.cell_starts[k] = min(FURTHEST, max(-FURTHEST, state.cell_last[k]))
        return unit_price(aims, state, k)
    q = k - aims.cells.shape[0] - aims.logistic.size
    if not 0 <= q < aims.models.shape[0]:
        return -1.0
    size = aims.models[q, 2]
    for a in range(size):
        state.model_starts[q, a] = min(FURTHEST, max(-FURTHEST, state.model_last[q, a]))
    for i in range(COUNT):
        if state.risks[q, i] > 0.0:
            eta = 0.0
            for a in range(size):
                eta += state.model_starts[q, a] * state.columns[q, a, i]
            state.risks[q, i] = np.exp(eta)
    return unit_price(aims, state, k)
