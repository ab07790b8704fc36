"""A cohort under search, with everything that follows from its factors and days kept up to date for speed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration import kernel, newton
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.slots import CD20, COUNT, EVENTS_OF_SLOTS
from studies.cd20_salvage.calibration.times import Times
from studies.cd20_salvage.calibration.units import Aims, centre


class State(NamedTuple):
    """A cohort under search, changed in place: factors, days and events by endpoint, slots in order of days.

    What follows from these is kept beside them for speed, with the estimates from which the next steps start.
    """

    x: np.ndarray
    days: np.ndarray
    events: np.ndarray
    orders: np.ndarray
    ranks: np.ndarray
    cd20_orders: np.ndarray
    codes: np.ndarray  # factors as 0, 1 or newton.UNKNOWN
    columns: np.ndarray  # of every model, newton.PADDED slots
    risks: np.ndarray
    failed: np.ndarray
    cell_starts: np.ndarray
    model_starts: np.ndarray
    cell_last: np.ndarray
    model_last: np.ndarray
    scratch: newton.Scratch
    partners: np.ndarray  # of every slot, nearest first (partners.look_up)


def begin(days: Times, x: np.ndarray, aims: Aims) -> State:
    """Copies, in order; estimates start in the middle of what is printed."""
    both = np.array([days.os, days.pfs])
    orders = np.argsort(both, axis=1, kind="stable")
    size = aims.models.shape[0]
    starts = np.zeros((size, kernel.WIDTH))
    for k in range(size):
        for a in range(aims.models[k, 2]):
            starts[k, a] = centre(*aims.model_windows[k, a].tolist())
    cell_starts = np.array([centre(*window) for window in aims.cell_windows.tolist()])
    made = State(
        x.copy(),
        both,
        EVENTS_OF_SLOTS,
        orders,
        np.argsort(orders, axis=1),
        np.zeros((2, CD20), np.int64),
        np.zeros((x.shape[1], COUNT), np.int64),
        np.zeros((size, kernel.WIDTH, newton.PADDED)),
        np.zeros((size, COUNT)),
        np.zeros((size, newton.PADDED)),
        cell_starts,
        starts,
        cell_starts.copy(),
        starts.copy(),
        newton.scratch(),
        np.zeros((COUNT, COUNT), np.int64),
    )
    reorder(made)
    for i in range(COUNT):
        encode(aims, made, i)
    return made


@compiled
def reorder(state):
    """Fill the orders of the CD20 group from those of all."""
    for which in range(2):
        n = 0
        for i in state.orders[which]:
            if i < CD20:
                state.cd20_orders[which, n] = i
                n += 1


@compiled
def encode(aims, state, i):
    """Fill what follows from the factors of slot i."""
    x = state.x
    for a in range(x.shape[1]):
        v = x[i, a]
        state.codes[a, i] = newton.UNKNOWN if np.isnan(v) else (1 if v > 0.5 else 0)
    for k in range(aims.models.shape[0]):
        if aims.models[k, 1] and i >= CD20:
            continue
        eta, is_known = 0.0, True
        for a in range(aims.models[k, 2]):
            v = x[i, aims.models[k, 3 + a]]
            if np.isnan(v):
                is_known = False
                break
            state.columns[k, a, i] = v
            eta += state.model_starts[k, a] * v
        state.risks[k, i] = np.exp(eta) if is_known else 0.0
        state.failed[k, i] = float(state.events[aims.models[k, 0], i]) if is_known else 0.0
