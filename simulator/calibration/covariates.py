"""Covariates: which slot has which factor, by simulated annealing over swaps within a group.

Table 1 stays exact at every step, as swaps keep counts. The price is that of every printed part missed by univariable
rows, by the logistic models and, weighted, by the multivariable models. The factors that the prognostic index and the
multivariable models bind together are moved together; every other one has a price of its own and is searched alone.
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
from simulator.calibration.times import Times, allowed, settle

IPI_FACTORS, LINK = -1, -2  # moves of several parts of the index; of two days of progression
_STEADY = np.array([IPI, COLUMN["treatment_cd20"]])
MONTHS = (2.35, 15.0)
WIDEST = 0.01  # half width of a window above which distance is measured in it
MISSED = 0.2  # price of a miss as such


@compiled
def _same(a, b):
    return a == b or (np.isnan(a) and np.isnan(b))


@compiled
def part_price(value, low, high):
    """Price of one printed part: the log of its distance from the window, so that it counts how many miss.

    0 inside or where nothing is printed (nan). A wide window (a figure printed with one digit, a bound) is not lenient.
    """
    if np.isnan(low) or low <= value <= high:
        return 0.0
    return np.log1p(max(low - value, value - high) / min((high - low) / 2, WIDEST)) + MISSED


@compiled
def ratio_price(beta, se, w):
    """Price of a ratio, its limits and its p from the windows `w` of log estimate, log limits and |z|."""
    half = kernel.Z * se
    price = part_price(beta, w[0], w[1]) + part_price(beta - half, w[2], w[3])
    return price + part_price(beta + half, w[4], w[5]) + part_price(abs(beta / se), w[6], w[7])


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
def _column_price(x, column, cells, windows, orders, days, events, limit):
    """Price of the univariable rows of a column; no further than `limit`."""
    price = 0.0
    for k in range(cells.shape[0]):
        if cells[k, 1] == column and price <= limit:
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
def _model_price(x, model, size, windows, orders, days, events, beta):
    """Price of the rows of one multivariable model, warm from `beta`."""
    price, se, which = 0.0, np.zeros(size), model[0]
    fit_many(x, model[2 : 2 + size], orders[which], days[which], events[which], model[1], beta, se)
    for a in range(size):
        price += ratio_price(beta[a], se[a], windows[a])
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
    if column == IPI_FACTORS:
        for a in (AGE, ECOG, STAGE, LDH, SITES):
            if np.random.random() < 0.6:
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
def _touched(model, size, changed, i):
    """Whether a change of these columns in row i is one to the model."""
    if model[1] and i >= CD20:
        return False
    return changed[model[2 : 2 + size]].any()


@compiled
def relink(i, j, days, events, group):
    """Exchange the days of progression of two slots of a group; returns whether both patients can have them so.

    Neither curve of the group changes, so the times stay as near to print as they were.
    """
    if group[i] != group[j] or events[1, i] == 0 or events[1, j] == 0:
        return False
    keep = days[1, i]
    days[1, i] = days[1, j]
    days[1, j] = keep
    if days[1, i] == days[1, j]:
        return False
    return allowed(days[0, i], days[1, i], events[0, i], 1, group[i]) and allowed(
        days[0, j], days[1, j], events[0, j], 1, group[j]
    )


@compiled
def anneal(
    x, orders, days, events, group, cells, cell_windows, logistic, logistic_windows, models, sizes, model_windows,
    weight, ipi_weight, steps, hot, cold, seed, movable,
):  # fmt: skip
    """Simulated annealing over the `movable` covariates on days; returns the best price, its matrix and its days."""
    np.random.seed(seed)
    width, count = x.shape[1], models.shape[0] if weight > 0 else 0
    prices, model_prices = np.zeros(width), np.zeros(count)
    warm = np.zeros((models.shape[0], models.shape[1] - 2))
    for column in range(width):
        prices[column] = _column_price(x, column, cells, cell_windows, orders, days, events, np.inf)
    for k in range(count):
        model_prices[k] = weight * _model_price(
            x, models[k], sizes[k], model_windows[k], orders, days, events, warm[k, : sizes[k]]
        )
    logistic_price, ipi_price = _logistic_price(x, logistic, logistic_windows), ipi_weight * ipi_misses(x)
    current = prices.sum() + logistic_price + ipi_price + model_prices.sum()
    best, best_x, best_days = current, x.copy(), days.copy()
    changed, touched = np.zeros(width, np.bool_), np.zeros(count, np.bool_)
    old_i, old_j = x[0].copy(), x[0].copy()
    old_prices, old_models, old_warm = prices.copy(), model_prices.copy(), warm.copy()
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        column = movable[np.random.randint(movable.size)]
        i = np.random.randint(COUNT)
        j = np.random.randint(CD20) if i < CD20 else CD20 + np.random.randint(COUNT - CD20)
        if i == j:
            continue
        if current == 0:
            break
        bound = current - temperature * np.log(np.random.random() + 1e-300)
        old_i[:], old_j[:] = x[i], x[j]
        old_prices[:], old_models[:], old_warm[:] = prices, model_prices, warm
        new, new_logistic, new_ipi = np.inf, logistic_price, ipi_price
        pfs_i, pfs_j = days[1, i], days[1, j]
        if column == LINK:
            moved = relink(i, j, days, events, group)
            settle(orders[1], days[1])
        else:
            moved = _move(x, i, j, column)
        if moved:
            x[i, IPI], x[j, IPI] = factors.ipi_ge3(x[i]), factors.ipi_ge3(x[j])
            for a in range(width):
                changed[a] = column == LINK or not (_same(old_i[a], x[i, a]) and _same(old_j[a], x[j, a]))
                if changed[a]:
                    prices[a] = 0.0
            for k in range(count):
                touched[k] = _touched(models[k], sizes[k], changed, i)
                if touched[k]:
                    model_prices[k] = 0.0
            if changed[IPI]:
                new_ipi = ipi_weight * ipi_misses(x)
            if changed[IPI] or changed[DOSE] or changed[BRIDGED]:
                new_logistic = _logistic_price(x, logistic, logistic_windows)
            new = prices.sum() + new_logistic + new_ipi + model_prices.sum()
            for a in range(width):  # the cheap fits first, and no more than it takes to say no
                if changed[a] and new <= bound:
                    prices[a] = _column_price(x, a, cells, cell_windows, orders, days, events, bound - new)
                    new += prices[a]
            for k in range(count):
                if touched[k] and new <= bound:
                    model_prices[k] = weight * _model_price(
                        x, models[k], sizes[k], model_windows[k], orders, days, events, warm[k, : sizes[k]]
                    )
                    new += model_prices[k]
        if new <= bound:
            current, logistic_price, ipi_price = new, new_logistic, new_ipi
            if current < best - 1e-12:
                best = current
                best_x[:], best_days[:] = x, days
        else:
            x[i], x[j] = old_i, old_j
            if column == LINK:
                days[1, i], days[1, j] = pfs_i, pfs_j
                settle(orders[1], days[1])
            prices[:], model_prices[:], warm[:] = old_prices, old_models, old_warm
    return best, best_x, best_days


_IPI_PARTS = ("age_gt60", "ecog", "stage_ge3", "ldh", "extranodal_ge2")
_IN_MODELS = ("coo_gcb", "prior_sct", "cd19resp_refractory", "bt", "dose")
# Bound together by the index and the multivariable models, so moved together; any other factor is searched by itself.
SINGLE = [COLUMN[name] for name in (*_IPI_PARTS, *_IN_MODELS)]
BOUND = np.array(SINGLE + [IPI_FACTORS] * 3 + [LINK] * 2)
FREE = [column for column in range(len(factors.NAMES)) if column not in BOUND and column not in _STEADY]


def search(
    times: Times, x: np.ndarray, seed: int, steps: int, *, movable: np.ndarray, weight: float, hot: float, cold: float,
    ipi_weight: float,
):  # fmt: skip
    """One annealing run over the `movable` columns from `x` on the days of `times`. Returns price, days, matrix.

    `weight` 0 leaves the multivariable models out; `ipi_weight` is the price of a patient beyond the printed counts of
    the prognostic index.
    """
    models, priced = factors.models(), (*BOUND, IPI) if np.isin(movable, BOUND).any() else movable
    cells = [cell for cell in factors.cells() if cell.column in priced]
    logistic = [(claim_id, column) for claim_id, column in factors.LOGISTIC if column in priced]
    days = np.array([times.os, times.pfs])
    sizes = np.array([len(model.columns) for model in models])
    table = np.full((len(models), 2 + sizes.max()), -1)
    model_windows = np.full((len(models), sizes.max(), 8), np.nan)
    for k, model in enumerate(models):
        table[k, : 2 + sizes[k]] = (model.endpoint, model.cd20_only, *model.columns)
        model_windows[k, : sizes[k]] = [factors.windows(claim_id) for claim_id in model.claim_ids]
    price, found, linked = anneal(
        x.copy(),
        np.array([np.argsort(d, kind="stable") for d in days]),
        days,
        np.array([DIED, FAILED]),
        SLOT_GROUP,
        np.array([[cell.endpoint, cell.column, cell.cd20_only, cell.is_inverse] for cell in cells]),
        np.array([factors.windows(cell.claim_id) for cell in cells]),
        np.array([column for _, column in logistic], np.int64),
        np.array([factors.windows(claim_id) for claim_id, _ in logistic]).reshape(-1, 8),
        table,
        sizes,
        model_windows,
        weight,
        ipi_weight,
        steps,
        hot,
        cold,
        seed,
        movable,
    )
    return price, Times(*linked), found


def search_alone(times: Times, x: np.ndarray, seed: int, *, rounds: int = 4) -> np.ndarray:
    """The matrix after rounds of runs over one factor at a time, no further from print than before."""
    for column in [*SINGLE, *FREE] * rounds:
        is_free = column in FREE
        _, _, x = search(
            times, x, seed, 500_000 if is_free else 300_000, movable=np.array([column]), weight=0.0 if is_free else 0.1,
            hot=5.0 if is_free else 3.0, cold=0.2, ipi_weight=0.0 if is_free else 30.0,
        )  # fmt: skip
        seed += 1
    return x
