"""What a search for covariates pays: the distance of every printed claim from its window, one unit at a time.

A unit is what changes as one: a cell of a univariable table, a logistic model, a multivariable model with all its
rows. A claim is reproduced or it is not, so its price rises with the logarithm of its distance: one claim far away
costs less than two nearby.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.calibration import factors, kernel, times
from simulator.calibration.compiled import compiled
from simulator.calibration.factors import DOSE, INTERVAL, IPI
from simulator.calibration.slots import CD20, COUNT, EVENTS_OF_SLOTS, SLOT_GROUP
from simulator.calibration.times import Times

NEAR = 0.003  # distance on the log scale, about half a printed digit
MISSED = 0.3  # price of a miss as such
NO_FIT = 6.0  # price of a claim whose model has no finite estimate
TOLERANCE = 1e-3  # of a coefficient during the search; the score converges fully
RESPONDED = 22  # of the CD20 group, its first slots


class Aims(NamedTuple):
    """What is priced, as arrays for compiled code; a window is a row of times.ratio_windows."""

    cells: np.ndarray  # endpoint, column, in the CD20 group only, is inverse
    cell_windows: np.ndarray
    logistic: np.ndarray  # columns
    logistic_windows: np.ndarray
    models: np.ndarray  # endpoint, in the CD20 group only, number of columns, columns
    model_windows: np.ndarray
    model_claims: np.ndarray  # how many claims print the row
    medians_os: np.ndarray
    ratios_os: np.ndarray
    medians_pfs: np.ndarray
    ratios_pfs: np.ndarray


def aims(columns, *, with_models: bool, cd20_only: bool | None = None) -> Aims:
    """The claims about these columns: of both tables, of Table 3 (`cd20_only`) or of Table 2 (False)."""

    def wanted(found):
        return cd20_only is None or found.cd20_only == cd20_only

    cells = [cell for cell in factors.cells() if cell.column in columns and wanted(cell)]
    models = [model for model in factors.models() if with_models and wanted(model)]
    logistic = [(name, column) for name, column in factors.LOGISTIC if column in columns and cd20_only is not False]
    table = np.full((len(models), 3 + kernel.WIDTH), -1)
    model_windows, counts = np.full((len(models), kernel.WIDTH, 8), np.nan), np.zeros((len(models), kernel.WIDTH))
    for k, model in enumerate(models):
        size = len(model.columns)
        table[k, : 3 + size] = (model.endpoint, model.cd20_only, size, *model.columns)
        model_windows[k, :size] = [factors.windows(claim_id) for claim_id in model.claim_ids]
        counts[k, :size] = [factors.PRINTED_AGAIN.get(claim_id, 1) for claim_id in model.claim_ids]
    return Aims(
        np.array([[c.endpoint, c.column, c.cd20_only, c.is_inverse] for c in cells], np.int64).reshape(-1, 4),
        np.array([factors.windows(cell.claim_id) for cell in cells]).reshape(-1, 8),
        np.array([column for _, column in logistic], np.int64),
        np.array([factors.windows(name) for name, _ in logistic]).reshape(-1, 8),
        table,
        model_windows,
        counts,
        *times.targets("os"),
        *times.targets("pfs"),
    )


class State(NamedTuple):
    """A cohort under search, changed in place: factors, days and events by endpoint, slots in order of days."""

    x: np.ndarray
    days: np.ndarray
    events: np.ndarray
    orders: np.ndarray
    ranks: np.ndarray


def state(days: Times, x: np.ndarray) -> State:
    """Copies, in order."""
    both = np.array([days.os, days.pfs])
    orders = np.argsort(both, axis=1, kind="stable")
    return State(x.copy(), both, EVENTS_OF_SLOTS, orders, np.argsort(orders, axis=1))


@compiled
def outside(value, low, high):
    """Distance from a window; 0 inside or where nothing is printed (nan)."""
    return 0.0 if np.isnan(low) or low <= value <= high else max(low - value, value - high)


@compiled
def claim_price(beta, se, w):
    """Price of a ratio with limits and p, `w` the windows of log estimate, log limits and |z|; 0 if all print alike."""
    half = kernel.Z * se
    distance = outside(beta, w[0], w[1]) + outside(beta - half, w[2], w[3]) + outside(beta + half, w[4], w[5])
    distance += se * outside(abs(beta) / se, w[6], w[7])
    return 0.0 if distance <= 0 else MISSED + np.log1p(distance / NEAR)


@compiled
def tabulate(x, column, is_inverse, order, time, event, cd20_only, table):
    """As kernel.events_by_time, of the slots where a factor is known, last time first; returns the rows filled."""
    n, n_a, d, d_a, rows, last = 0.0, 0.0, 0.0, 0.0, 0, -1
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        if time[i] != last:
            if d > 0:
                table[rows, 0], table[rows, 1], table[rows, 2], table[rows, 3] = d, d_a, n, n_a
                rows += 1
            d, d_a, last = 0.0, 0.0, time[i]
        value = x[i, column]
        if np.isnan(value) or (cd20_only and i >= CD20):
            continue
        if is_inverse:
            value = 1 - value
        n += 1
        n_a += value
        if event[i]:
            d += 1
            d_a += value
    if d > 0:
        table[rows, 0], table[rows, 1], table[rows, 2], table[rows, 3] = d, d_a, n, n_a
        rows += 1
    return rows


@compiled
def fit_many(x, columns, order, time, event, cd20_only, beta, se, tolerance=1e-7):
    """A multivariable fit over complete cases, from `beta`; it and `se` have kernel.WIDTH places and are filled."""
    m, p = 0, columns.size
    t, e = np.empty(COUNT, np.int64), np.empty(COUNT, np.int64)
    rows = np.zeros((COUNT, kernel.WIDTH))
    for i in order:
        if cd20_only and i >= CD20:
            continue
        known = True
        for a in range(p):
            rows[m, a] = x[i, columns[a]]
            if np.isnan(rows[m, a]):
                known = False
                break
        if known:
            t[m], e[m] = time[i], event[i]
            m += 1
    return kernel.cox(t, e, rows, m, p, beta, se, tolerance)


@compiled
def fit_one(x, column, is_inverse, order, time, event, cd20_only, start=0.0, tolerance=1e-7):
    """Log hazard ratio and standard error of one factor."""
    if column in (DOSE, INTERVAL):
        beta, se = np.zeros(kernel.WIDTH), np.zeros(kernel.WIDTH)
        beta[0] = start
        fit_many(x, np.array([column]), order, time, event, cd20_only, beta, se, tolerance)
        return beta[0], se[0]
    table = np.empty((COUNT, 4))
    rows = tabulate(x, column, is_inverse, order, time, event, cd20_only, table)
    return kernel.cox_binary(table, rows, start, tolerance)


@compiled
def fit_response(x, column):
    """Log odds ratio of response in the CD20 group and its standard error; (0, 1000) where it is not finite."""
    if np.isnan(x[:CD20, column]).any():
        return 0.0, 1e3
    y = np.zeros(CD20)
    y[:RESPONDED] = 1.0
    return kernel.logistic(x[:CD20, column].copy(), y)


@compiled
def ipi_misses(x):
    """Patients by which the two counts of an index of 3 or more, and its unknowns, differ from print."""
    counts, unknown = np.zeros(2), 0
    for i in range(COUNT):
        if np.isnan(x[i, IPI]):
            unknown += 1
        else:
            counts[int(i >= CD20)] += x[i, IPI]
    return abs(counts[0] - factors.IPI_GE3[0]) + abs(counts[1] - factors.IPI_GE3[1]) + unknown


@compiled
def days_price(aims, state):
    """How far the survival statistics are from print."""
    days, events, orders = state.days, state.events, state.orders
    found = times.cost(days[0], events[0], SLOT_GROUP, aims.medians_os, aims.ratios_os, orders[0])
    found += times.cost(days[1], events[1], SLOT_GROUP, aims.medians_pfs, aims.ratios_pfs, orders[1])
    return found + MISSED if found > 0 else 0.0


@compiled
def units(aims):
    """How many units there are: cells, then logistic models, then multivariable models."""
    return aims.cells.shape[0] + aims.logistic.size + aims.models.shape[0]


@compiled
def is_touched(aims, k, changed, in_cd20):
    """Whether a change of the columns `changed` of patients of the CD20 group, or of the others, is one to unit k."""
    if k < aims.cells.shape[0]:
        return changed[aims.cells[k, 1]] and (in_cd20 or not aims.cells[k, 2])
    k -= aims.cells.shape[0]
    if k < aims.logistic.size:
        return changed[aims.logistic[k]] and in_cd20
    k -= aims.logistic.size
    if aims.models[k, 1] and not in_cd20:
        return False
    return changed[aims.models[k, 3 : 3 + aims.models[k, 2]]].any()


@compiled
def unit_price(aims, state, k):
    """Price of the claims of unit k; Newton's steps start from print, which is where they should end."""
    if k < aims.cells.shape[0]:
        cell = aims.cells[k]
        which, column, cd20_only, is_inverse = cell[0], cell[1], cell[2], cell[3]
        w = aims.cell_windows[k]
        beta, se = fit_one(
            state.x, column, is_inverse, state.orders[which], state.days[which], state.events[which], cd20_only,
            (w[0] + w[1]) / 2, TOLERANCE,
        )  # fmt: skip
        return claim_price(beta, se, w)
    k -= aims.cells.shape[0]
    if k < aims.logistic.size:
        beta, se = fit_response(state.x, aims.logistic[k])
        return claim_price(beta, se, aims.logistic_windows[k])
    k -= aims.logistic.size
    which, cd20_only, size = aims.models[k, 0], aims.models[k, 1], aims.models[k, 2]
    betas, errors = np.zeros(kernel.WIDTH), np.ones(kernel.WIDTH)
    for a in range(size):
        betas[a] = (aims.model_windows[k, a, 0] + aims.model_windows[k, a, 1]) / 2
    converged = fit_many(
        state.x, aims.models[k, 3 : 3 + size], state.orders[which], state.days[which], state.events[which], cd20_only,
        betas, errors, TOLERANCE,
    )  # fmt: skip
    price = 0.0
    for a in range(size):
        one = claim_price(betas[a], errors[a], aims.model_windows[k, a]) if converged else NO_FIT
        price += aims.model_claims[k, a] * one
    return price
