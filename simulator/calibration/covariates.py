"""Covariates: which slot has which factor, by simulated annealing over swaps within a group.

Table 1 stays exact at every step, as swaps keep counts. The price is the distance of every univariable row, of the
logistic models and, weighted, of the multivariable models from print.
"""

from __future__ import annotations

import numpy as np

from simulator.calibration import factors, kernel
from simulator.calibration.compiled import compiled
from simulator.calibration.factors import (
    AGE,
    AGED,
    BRIDGED,
    COLUMN,
    DOSE,
    DOSE_MARKS,
    ECOG,
    INTERVAL,
    IPI,
    LDH,
    REFRACTORY,
    SITES,
    STAGE,
)
from simulator.calibration.slots import CD20, COUNT, DIED, FAILED, SLOT_GROUP
from simulator.calibration.times import Times

ALL_FACTORS, IPI_FACTORS = -1, -2  # moves of more than one column
_STEADY = np.array([IPI, COLUMN["treatment_cd20"]])
MONTHS = (2.35, 15.0)


@compiled
def _same(a, b):
    return a == b or (np.isnan(a) and np.isnan(b))


@compiled
def ratio_price(beta, se, w):
    """Distance of a ratio and its limits from the windows `w` of log estimate, log limits and |z|."""
    price = kernel.miss(beta, w[0], w[1], 0.02)
    price += kernel.miss(beta - kernel.Z * se, w[2], w[3], 0.02)
    price += kernel.miss(beta + kernel.Z * se, w[4], w[5], 0.02)
    return price + 0.5 * kernel.miss(abs(beta / se), w[6], w[7], 0.05)


@compiled
def _gather(x, columns, order, time, event, cd20_only, t, e, rows):
    """Complete cases of the columns in order of time; performance status becomes the factor 'grade 3 or above'."""
    m = 0
    for i in order:
        if cd20_only and i >= CD20:
            continue
        known = True
        for a in range(columns.size):
            value = x[i, columns[a]]
            if np.isnan(value):
                known = False
                break
            if columns[a] == ECOG:
                value = 1.0 if value >= 3 else 0.0
            rows[m, a] = value
        if known:
            t[m], e[m] = time[i], event[i]
            m += 1
    return m


@compiled
def fit_one(x, column, is_inverse, order, time, event, cd20_only):
    """Log hazard ratio and standard error of one factor."""
    t, e = np.empty(COUNT, np.int64), np.empty(COUNT, np.int64)
    rows = np.empty((COUNT, 1))
    m = _gather(x, np.array([column]), order, time, event, cd20_only, t, e, rows)
    if column in (DOSE, INTERVAL):
        beta, se = np.zeros(1), np.zeros(1)
        kernel.cox(t, e, rows, m, 1, beta, se)
        return beta[0], se[0]
    in_a, table = np.empty(m, np.int64), np.empty((m, 4))
    for k in range(m):
        in_a[k] = int(rows[k, 0]) ^ int(is_inverse)
    return kernel.cox_binary(table, kernel.events_by_time(t, e, in_a, m, table))


@compiled
def fit_many(x, columns, order, time, event, cd20_only, beta, se):
    """A multivariable fit over complete cases, warm from `beta`."""
    t, e = np.empty(COUNT, np.int64), np.empty(COUNT, np.int64)
    rows = np.empty((COUNT, columns.size))
    m = _gather(x, columns, order, time, event, cd20_only, t, e, rows)
    return kernel.cox(t, e, rows, m, columns.size, beta, se)


@compiled
def fit_response(x, column):
    """Log odds ratio of response in the CD20 group, whose first 22 slots respond."""
    y = np.zeros(CD20)
    y[:22] = 1.0
    return kernel.logistic(x[:CD20, column].copy(), y)


@compiled
def _column_price(x, column, cells, windows, orders, days, events):
    price = 0.0
    for k in range(cells.shape[0]):
        if cells[k, 1] == column:
            which = cells[k, 0]
            beta, se = fit_one(x, column, cells[k, 3], orders[which], days[which], events[which], cells[k, 2])
            price += ratio_price(beta, se, windows[k])
    return price


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
def _logistic_price(x, columns, windows):
    price = 0.0
    for k in range(columns.size):
        if np.isnan(x[:CD20, columns[k]]).any():
            price += 20.0
        else:
            beta, se = fit_response(x, columns[k])
            price += ratio_price(beta, se, windows[k])
    return price


@compiled
def _models_price(x, models, sizes, windows, orders, days, events, warm, se):
    price, row = 0.0, 0
    for k in range(models.shape[0]):
        which, size = models[k, 0], sizes[k]
        fit_many(x, models[k, 2 : 2 + size], orders[which], days[which], events[which], models[k, 1], warm[k], se)
        for a in range(size):
            price += ratio_price(warm[k, a], se[a], windows[row])
            row += 1
    return price


@compiled
def _aged_fits(x):
    cd20, others = x[:CD20, AGE].sum(), x[CD20:, AGE].sum()
    return AGED[0][0] <= cd20 <= AGED[0][1] and AGED[1][0] <= others <= AGED[1][1]


@compiled
def same_band(old, new):
    """Whether a dose may change so: on the same side of the target and of the values that fix the quartiles."""
    fixed = old in (0.4, 2.1) or abs(old - 1.21) < 0.011
    if fixed or not 0.1 <= new <= 10 or new in (0.4, 2.1) or abs(new - 1.21) < 0.011:
        return False
    band_old, band_new = 0, 0
    for mark in DOSE_MARKS:
        band_old += old >= mark
        band_new += new >= mark
    return band_old == band_new


@compiled
def _move(x, i, j, column):
    """Try one change of rows i and j in place; returns whether anything changed by the rules."""
    if column in (ALL_FACTORS, IPI_FACTORS):
        for a in range(x.shape[1]):
            if column == IPI_FACTORS and (a not in (AGE, ECOG, STAGE, LDH, SITES) or np.random.random() < 0.4):
                continue
            keep = x[i, a]
            x[i, a] = x[j, a]
            x[j, a] = keep
        return True
    if column == AGE and np.random.random() < 0.15:
        x[i, AGE] = 1 - x[i, AGE]
        return _aged_fits(x)
    if column == DOSE and np.random.random() < 0.4:
        old = x[i, DOSE]
        x[i, DOSE] = np.round(old * np.exp(np.random.normal() * 0.15), 2)
        return same_band(old, x[i, DOSE])
    if column == INTERVAL and np.random.random() < 0.4:
        x[i, INTERVAL] = np.round(x[i, INTERVAL] * 365 / 12 + np.random.normal() * 15) * 12 / 365
        return MONTHS[0] <= x[i, INTERVAL] <= MONTHS[1]
    if _same(x[i, column], x[j, column]) or (column == REFRACTORY and i < CD20 and (i < 22) != (j < 22)):
        return False
    keep = x[i, column]
    x[i, column] = x[j, column]
    x[j, column] = keep
    return True


@compiled
def anneal(
    x, orders, days, events, group, cells, cell_windows, logistic, logistic_windows, models, sizes, model_windows,
    weight, ipi_weight, steps, hot, cold, seed, movable,
):  # fmt: skip
    """Simulated annealing over covariates on given days; returns the best price and its matrix."""
    np.random.seed(seed)
    width = x.shape[1]
    prices = np.zeros(width)
    for column in range(width):
        prices[column] = _column_price(x, column, cells, cell_windows, orders, days, events)
    warm, se = np.zeros((models.shape[0], width)), np.zeros(width)
    logistic_price, ipi_price = _logistic_price(x, logistic, logistic_windows), ipi_weight * ipi_misses(x)
    model_price = 0.0
    if weight > 0:
        model_price = weight * _models_price(x, models, sizes, model_windows, orders, days, events, warm, se)
    current = prices.sum() + logistic_price + ipi_price + model_price
    best, best_x = current, x.copy()
    in_models = np.zeros(width, np.bool_)
    for k in range(models.shape[0]):
        for a in range(sizes[k]):
            in_models[models[k, 2 + a]] = True
    old_prices, old_warm, old_i, old_j = prices.copy(), warm.copy(), x[0].copy(), x[0].copy()
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        column = movable[np.random.randint(movable.size)]
        i = np.random.randint(COUNT)
        j = np.random.randint(CD20) if i < CD20 else CD20 + np.random.randint(COUNT - CD20)
        if i == j or (column == ALL_FACTORS and group[i] != group[j]):
            continue
        bound = current - temperature * np.log(np.random.random() + 1e-300)
        old_prices[:], old_warm[:], old_i[:], old_j[:] = prices, warm, x[i], x[j]
        new_logistic, new_model, new_ipi = logistic_price, model_price, ipi_price
        any_model, any_logistic = False, False
        moved = _move(x, i, j, column)
        if moved:
            x[i, IPI], x[j, IPI] = factors.ipi_ge3(x[i]), factors.ipi_ge3(x[j])
            new_ipi = ipi_weight * ipi_misses(x)
            moved = new_ipi - ipi_price <= temperature * 20  # not worth a fit
        if moved:
            for a in range(width):
                if not (_same(old_i[a], x[i, a]) and _same(old_j[a], x[j, a])):
                    prices[a] = _column_price(x, a, cells, cell_windows, orders, days, events)
                    any_model = any_model or in_models[a]
                    any_logistic = any_logistic or a in (DOSE, IPI, BRIDGED)
            if any_logistic:
                new_logistic = _logistic_price(x, logistic, logistic_windows)
            new = prices.sum() + new_logistic + new_ipi
            if weight > 0:
                if any_model and new <= bound:
                    new_model = weight * _models_price(x, models, sizes, model_windows, orders, days, events, warm, se)
                new += new_model
            moved = new <= bound
        if moved:
            current, logistic_price, ipi_price, model_price = new, new_logistic, new_ipi, new_model
            if current < best - 1e-12:
                best = current
                best_x[:] = x
                if best == 0:
                    break
        else:
            x[i], x[j] = old_i, old_j
            prices[:], warm[:] = old_prices, old_warm
    return best, best_x


# Columns to move, those that many rows depend on more often, and the moves of several columns.
_OFTEN = ("age_gt60", "ecog", "stage_ge3", "ldh", "extranodal_ge2", "coo_gcb", "cd19resp_refractory", "bt", "dose")
MOVABLE = np.array(
    [k for k in range(len(factors.NAMES)) if k not in _STEADY]
    + [COLUMN[name] for name in _OFTEN]
    + [ALL_FACTORS] * 3
    + [IPI_FACTORS] * 6
)


def search(
    times: Times, x: np.ndarray, seed: int, steps: int, *, weight: float, hot: float, cold: float,
    ipi_weight: float = 6.0,
):  # fmt: skip
    """One annealing run from `x` on the days of `times`. Returns the price and the matrix.

    `weight` 0 leaves the multivariable models out; `ipi_weight` is the price of a patient beyond the printed counts of
    the prognostic index.
    """
    cells, models = factors.cells(), factors.models()
    days = np.array([times.os, times.pfs])
    table = np.full((len(models), 2 + max(len(model.columns) for model in models)), -1)
    for k, model in enumerate(models):
        table[k, : 2 + len(model.columns)] = (model.endpoint, model.cd20_only, *model.columns)
    return anneal(
        x.copy(),
        np.array([np.argsort(d, kind="stable") for d in days]),
        days,
        np.array([DIED, FAILED]),
        SLOT_GROUP,
        np.array([[cell.endpoint, cell.column, cell.cd20_only, cell.is_inverse] for cell in cells]),
        np.array([factors.windows(cell.claim_id) for cell in cells]),
        np.array([column for _, column in factors.LOGISTIC]),
        np.array([factors.windows(claim_id) for claim_id, _ in factors.LOGISTIC]),
        table,
        np.array([len(model.columns) for model in models]),
        np.array([factors.windows(claim_id) for model in models for claim_id in model.claim_ids]),
        weight,
        ipi_weight,
        steps,
        hot,
        cold,
        seed,
        MOVABLE,
    )
