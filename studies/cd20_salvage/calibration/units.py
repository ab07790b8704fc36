"""What is priced, in units: a unit is what changes as one.

A unit is a cell of a univariable table, a logistic model, a multivariable model with all its rows, or a median or a
ratio of the survival curves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration import factors, kernel, times
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.factors import INTERVAL


class Aims(NamedTuple):
    """What is priced, as arrays for compiled code; a window is a row of times.ratio_windows."""

    cells: np.ndarray  # endpoint, column, in the CD20 group only, is inverse
    cell_windows: np.ndarray
    logistic: np.ndarray  # columns
    logistic_windows: np.ndarray
    models: np.ndarray  # endpoint, in the CD20 group only, number of columns, columns
    model_windows: np.ndarray
    medians_os: np.ndarray
    ratios_os: np.ndarray
    medians_pfs: np.ndarray
    ratios_pfs: np.ndarray
    # By unit: cells, logistic models, multivariable models, then rows of medians and ratios, OS before PFS.
    uses: np.ndarray  # (column, unit) whether the unit is of the column
    endpoints: np.ndarray  # -1 for response
    cd20_only: np.ndarray
    cell_weights: np.ndarray
    logistic_weights: np.ndarray
    model_weights: np.ndarray
    model_claims: np.ndarray  # how many claims print the row
    day_groups: np.ndarray  # group sets of the rows of days; 0 for the units before them
    is_room_asked: bool  # the interval between the products is placed
    missed: float  # price of a miss as such (prices.claim_price); nan: prices are distances
    days_weight: float
    is_table_3_settled: bool  # no move starts from what Table 3 has of the CD20 group
    is_index_kept: bool  # age, index and performance status of 3 or more stay with their patients
    evenness: float  # price of events that crowd (prices.crowding); 0: not asked


def aims(
    columns,
    *,
    with_models: bool,
    missed: float,
    days_weight: float,
    weight: Callable[[str], float] = lambda _: 1.0,
    is_table_3_settled: bool = False,
    is_index_kept: bool = False,
    close_enough: Collection[str] = (),
    evenness: float = 0.0,
) -> Aims:
    """The claims about these columns, each at the `weight` of its id; of some it is enough if they are close."""

    def windows(claim_id: str) -> list[float]:
        return factors.windows(claim_id, is_close_enough=claim_id in close_enough)

    cells = [cell for cell in factors.cells() if cell.column in columns]
    models = factors.models() if with_models else []
    logistic = [(name, column) for name, column in factors.LOGISTIC if column in columns]
    table = np.full((len(models), 3 + kernel.WIDTH), -1)
    model_windows, counts = np.full((len(models), kernel.WIDTH, 8), np.nan), np.zeros((len(models), kernel.WIDTH))
    model_weights = counts.copy()
    for k, model in enumerate(models):
        size = len(model.columns)
        table[k, : 3 + size] = (model.endpoint, model.cd20_only, size, *model.columns)
        model_windows[k, :size] = [windows(claim_id) for claim_id in model.claim_ids]
        counts[k, :size] = [factors.PRINTED_AGAIN.get(claim_id, 1) for claim_id in model.claim_ids]
        model_weights[k, :size] = [weight(claim_id) for claim_id in model.claim_ids]
    days = (*times.targets("os"), *times.targets("pfs"))
    rows = [
        (int(which > 1), int(row[0]) | (int(row[1]) if which % 2 else 0)) for which in range(4) for row in days[which]
    ]
    used = [{cell.column} for cell in cells] + [{column} for _, column in logistic] + [{*m.columns} for m in models]
    uses = np.zeros((len(factors.NAMES), len(used) + len(rows)), np.bool_)
    for k, columns_used in enumerate(used):
        uses[list(columns_used), k] = True
    return Aims(
        np.array([[c.endpoint, c.column, c.cd20_only, c.is_inverse] for c in cells], np.int64).reshape(-1, 4),
        np.array([windows(cell.claim_id) for cell in cells]).reshape(-1, 8),
        np.array([column for _, column in logistic], np.int64),
        np.array([windows(name) for name, _ in logistic]).reshape(-1, 8),
        table,
        model_windows,
        *days,
        uses,
        np.array(
            [c.endpoint for c in cells] + [-1] * len(logistic) + [m.endpoint for m in models] + [e for e, _ in rows]
        ),
        np.array(
            [c.cd20_only for c in cells] + [True] * len(logistic) + [m.cd20_only for m in models] + [False] * len(rows)
        ),
        np.array([weight(cell.claim_id) for cell in cells], np.float64),
        np.array([weight(name) for name, _ in logistic], np.float64),
        model_weights,
        counts,
        np.array([0] * len(used) + [groups for _, groups in rows]),
        INTERVAL in columns,
        missed,
        days_weight,
        is_table_3_settled,
        is_index_kept,
        evenness,
    )


@cache
def centre(*w: float) -> float:
    """The log ratio in the middle of all pairs of log ratio and standard error that print as in the windows `w`.

    The middle is that of the largest circle among them (a linear programme for each sign of the ratio).
    """
    from scipy.optimize import linprog

    found, widest = 0.0, -1.0
    for sign in (1, -1):
        rows, ends = [], []
        for slope, low, high in ((0.0, w[0], w[1]), (-kernel.Z, w[2], w[3]), (kernel.Z, w[4], w[5])):
            if not np.isnan(low):
                size = np.hypot(1, slope)
                rows += [[1, slope, size], [-1, -slope, size]]
                ends += [high, -low]
        for slope, side in ((w[6], -1), (w[7], 1)):
            if not np.isnan(slope) and slope < times.LARGEST_Z:
                rows.append([side * sign, -side * slope, np.hypot(1, slope)])
                ends.append(0)
        solved = linprog([0, 0, -1], A_ub=rows, b_ub=ends, bounds=[(-6, 6), (0.01, 5), (0, None)])
        if solved.status == 0 and solved.x[2] > widest:
            found, widest = solved.x[0], solved.x[2]
    return found


@compiled
def touch_by_factors(aims, changed, in_cd20, touched):
    """Mark the units that a change of the columns `changed`, of the CD20 group or of the others, touches."""
    touched[:] = False
    for a in range(changed.size):
        if changed[a]:
            for k in range(touched.size):
                touched[k] |= aims.uses[a, k] and (in_cd20 or not aims.cd20_only[k])


@compiled
def touch_by_days(aims, moved, in_cd20, groups, touched):
    """Mark the units that other days of the endpoints `moved` touch; `groups` are those with other curves."""
    for k in range(touched.size):
        touched[k] = aims.endpoints[k] >= 0 and moved[aims.endpoints[k]]
        if aims.day_groups[k] > 0:
            touched[k] &= aims.day_groups[k] & groups != 0
        else:
            touched[k] &= in_cd20 or not aims.cd20_only[k]
