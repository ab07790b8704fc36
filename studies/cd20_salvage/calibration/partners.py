"""Partners for an exchange: the slots of the same treatment group, nearest first, by what their exchange changes.

A factor exchanged between two slots moves an estimate by the difference of their martingale residuals (Therneau,
Grambsch and Fleming 1990). Slots are near whose residuals are alike in every multivariable model and without factors.
"""

from __future__ import annotations

import numpy as np

from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.slots import CD20, COUNT

KEPT_FOR = 5000  # steps after which partners are looked up again


@compiled
def residuals(order, time, failed, risk, found):
    """Martingale residuals, by Breslow's cumulative hazard, of the slots in `order` (by rising time) into `found`."""
    at_risk, hazard, k = 0.0, 0.0, 0
    for i in order:
        at_risk += risk[i]
    while k < order.size:
        now, first, events, left = time[order[k]], k, 0.0, 0.0
        while k < order.size and time[order[k]] == now:
            events += failed[order[k]]
            left += risk[order[k]]
            k += 1
        if events > 0:
            hazard += events / at_risk
        at_risk -= left
        for i in order[first:k]:
            found[i] = failed[i] - hazard * risk[i]


@compiled
def look_up(aims, state):
    """Fill `state.partners` from the estimates as they are."""
    models = aims.models.shape[0]
    views = np.zeros((2 + models, COUNT))
    everyone = np.ones(COUNT)
    for which in range(2):
        residuals(state.orders[which], state.days[which], state.events[which], everyone, views[which])
    for k in range(models):
        which = aims.models[k, 0]
        order = state.cd20_orders[which] if aims.models[k, 1] else state.orders[which]
        residuals(order, state.days[which], state.failed[k], state.risks[k], views[2 + k])
    apart = np.zeros(COUNT)
    for i in range(COUNT):
        low, high = (0, CD20) if i < CD20 else (CD20, COUNT)
        for j in range(low, high):
            apart[j] = np.abs(views[:, i] - views[:, j]).sum()
        apart[i] = np.inf
        nearest = low + np.argsort(apart[low:high])
        state.partners[i, : high - low - 1] = nearest[: high - low - 1]
