"""Linked event days: overall and progression-free survival of every slot in whole days, by simulated annealing.

The printed Kaplan-Meier medians and limits, the follow-up, the log-rank p values and the hazard ratios of both
endpoints are met together; a patient's PFS never exceeds the OS and equals it when nothing was seen before death or
the end of follow-up.
"""

from __future__ import annotations

from math import log, nan
from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration import kernel
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.schedule import Cooling
from studies.cd20_salvage.calibration.slots import COUNT, DIED, FAILED, NONPOLA, OTHERS, POLA, RESPONDERS, SLOT_GROUP
from studies.cd20_salvage.calibration.targets import NEAR, Claim, Window, claims

# Group sets as bits, one a slot group: responders and others of the CD20 group, polatuzumab, other non-CART.
R, N, P, Q = (1 << group for group in (RESPONDERS, OTHERS, POLA, NONPOLA))
MEDIANS = (
    ("os", "r.os.median.cd20", R + N, False),
    ("os", "r.os.median.noncart", P + Q, False),
    ("os", "r.os.median.all", R + N + P + Q, False),
    ("os", "r.os.median.cd20_resp", R, False),
    ("os", "r.os.median.cd20_nonresp", N, False),
    ("os", "r.os.median.pola", P, False),
    ("os", "r.followup.median", R + N + P + Q, True),
    ("pfs", "r.pfs.median.cd20", R + N, False),
    ("pfs", "r.pfs.median.noncart", P + Q, False),
    ("pfs", "r.pfs.median.all", R + N + P + Q, False),
    ("pfs", "r.pfs.median.cd20_resp", R, False),
    ("pfs", "r.pfs.median.cd20_nonresp", N, False),
    ("pfs", "r.pfs.median.pola", P, False),
)
# Endpoint, claim, claim of its p, group a, group b; the observed/expected ratio with the log-rank p where `oe`.
RATIOS = (
    ("os", "t2.os.uni.treatment_cd20", "t2.os.uni.treatment_cd20", R + N, P + Q, False),
    ("os", "r.os.hr.resp_vs_nonresp", "r.os.hr.resp_vs_nonresp", R, N, False),
    ("os", "r.os.hr.nonresp_vs_noncart", "r.os.hr.nonresp_vs_noncart", N, P + Q, False),
    ("os", "r.os.hr.resp_vs_noncart", "r.os.hr.resp_vs_noncart", R, P + Q, False),
    ("os", "r.os.uni.treatment", "abs.os.p", R + N, P + Q, True),
    ("os", "r.os.p.pola", "r.os.p.pola", R + N, P, True),
    ("pfs", "t2.pfs.uni.treatment_cd20", "t2.pfs.uni.treatment_cd20", R + N, P + Q, False),
    ("pfs", "r.pfs.hr.resp_vs_nonresp", "r.pfs.hr.resp_vs_nonresp", R, N, False),
    ("pfs", "r.pfs.hr.nonresp_vs_noncart", "r.pfs.hr.nonresp_vs_noncart", N, P + Q, False),
    ("pfs", "r.pfs.hr.resp_vs_noncart", "r.pfs.hr.resp_vs_noncart", R, P + Q, False),
    ("pfs", "r.pfs.uni.treatment", "abs.pfs.p", R + N, P + Q, True),
    ("pfs", "r.pfs.p.pola", "r.pfs.p.pola", R + N, P, True),
)

LATEST = 950  # days from the first possible time zero to the data cut
SHORTEST_FOLLOW_UP = 92  # days from the last possible time zero to the data cut
FIRST_SCAN = 38  # a responder has had one
LARGEST_Z = 40.0  # of a p value that is printed as a bound
RELAPSE_TO_DEATH = 10  # least days between a progression and what follows it alive


class Times(NamedTuple):
    """Days of every slot, in the order of slots.SLOT_GROUP."""

    os: np.ndarray
    pfs: np.ndarray


def _ends(window: Window) -> tuple[float, float]:
    return window.low, window.high


def z_window(p: Window) -> Window:
    """|z| of a two-sided p value in a window."""
    from statistics import NormalDist

    if np.isnan(p.low):
        return Window(nan, nan)
    quantile = NormalDist().inv_cdf
    low, high = max(p.low, 1e-15), min(p.high, 1 - 1e-12)
    return Window(-quantile(high / 2), LARGEST_Z if p.low <= 0 else -quantile(low / 2))


def ratio_windows(claim: Claim, p: Window) -> list[float]:
    """Windows of log estimate, log limits and |z|, flattened."""
    return [end for window in (claim.value, claim.low, claim.high) for end in _ends(window.map(log))] + [
        *_ends(z_window(p))
    ]


def targets(endpoint: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows for `cost`: medians (groups, reverse, 3 windows) and ratios (group a, group b, oe, 4 windows)."""
    found = claims()
    medians = [
        [groups, reverse, *_ends(found[name].value), *_ends(found[name].low), *_ends(found[name].high)]
        for which, name, groups, reverse in MEDIANS
        if which == endpoint
    ]
    ratios = [
        [a, b, oe, *ratio_windows(found[name], found[p_name].p)]
        for which, name, p_name, a, b, oe in RATIOS
        if which == endpoint
    ]
    return np.array(medians, float), np.array(ratios, float)


@compiled
def day_miss(value, low, high, lowest):
    """Penalty of a quantile in days; `lowest` is how far the curve falls, which says how far from (not) reached."""
    if np.isnan(low):
        return 0.0
    if np.isinf(low):  # must not be reached
        return 0.0 if np.isnan(value) else 0.1 + kernel.miss(0.5 - lowest, -1.0, 0.0, 0.03)
    if np.isnan(value):  # must be reached
        return 4.0 + kernel.miss(lowest, 0.0, 0.5, 0.03)
    return kernel.miss(value, low, high, 3.0 + 0.02 * low)


@compiled
def observed_expected(observed, expected, variance, events):
    """Log of the observed/expected hazard ratio, its standard error, and the log-rank |z|."""
    ratio = np.log((observed / expected) / ((events - observed) / (events - expected)))
    return ratio, np.sqrt(1 / expected + 1 / (events - expected)), abs(observed - expected) / np.sqrt(variance)


@compiled
def settle(order, time):
    """Insertion sort of an order that was right but for a few moved days."""
    for k in range(1, order.size):
        i = order[k]
        j = k - 1
        while j >= 0 and time[order[j]] > time[i]:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = i


@compiled
def median_of(row, time, event, group, order):
    """Median with limits, and how far the curve and its upper limit fall, of a row of medians (kernel.km_median)."""
    groups, m = int(row[0]), 0
    t, e = np.empty(time.size, np.int64), np.empty(time.size, np.int64)
    for i in order:
        if groups >> group[i] & 1:
            t[m] = time[i]
            e[m] = 1 - event[i] if row[1] else event[i]
            m += 1
    return kernel.km_median(t[:m], e[:m])


@compiled
def ratio_of(row, time, event, group, order, start, tolerance):
    """Log hazard ratio of a row of ratios, its standard error and |z|; a Cox fit takes Newton's steps from `start`."""
    group_a, group_b, m, n = int(row[0]), int(row[1]), 0, time.size
    t, e, in_a = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for i in order:
        is_a = group_a >> group[i] & 1
        if is_a or group_b >> group[i] & 1:
            t[m] = time[i]
            e[m] = event[i]
            in_a[m] = is_a
            m += 1
    table = np.empty((n, 4))
    rows = kernel.events_by_time(t, e, in_a, m, table)
    if row[2]:
        observed, expected, variance = kernel.logrank(table, rows)
        return observed_expected(observed, expected, variance, table[:rows, 0].sum())
    ratio, error = kernel.cox_binary(table, rows, start, tolerance)
    return ratio, error, abs(ratio / error)


@compiled
def cost(time, event, group, medians, ratios, order):
    """How far the statistics of one endpoint are from print; 0 when every figure prints as published.

    `order` is any order of the slots and leaves sorted by time.
    """
    settle(order, time)
    total = 0.0
    for k in range(medians.shape[0]):
        row = medians[k]
        median, low, high, floor, upper_floor = median_of(row, time, event, group, order)
        total += day_miss(median, row[2], row[3], floor)
        total += day_miss(low, row[4], row[5], 0.0)
        total += day_miss(high, row[6], row[7], upper_floor)
    for k in range(ratios.shape[0]):
        row = ratios[k]
        ratio, error, z = ratio_of(row, time, event, group, order, 0.0, 1e-7)
        total += kernel.miss(ratio, row[3], row[4], 0.01)
        total += kernel.miss(ratio - kernel.Z * error, row[5], row[6], 0.01)
        total += kernel.miss(ratio + kernel.Z * error, row[7], row[8], 0.01)
        total += kernel.miss(z, row[9], row[10], 0.02)
    return total


@compiled
def outside(value, low, high):
    """Distance from a window; 0 inside or where nothing is printed (nan)."""
    return 0.0 if np.isnan(low) else max(0.0, max(low - value, value - high))


@compiled
def day_distance(value, low, high, lowest):
    """As `day_miss`, but in half days: so much that a search for factors does not give up a median."""
    if np.isnan(low):
        return 0.0
    if np.isinf(low):
        return 0.0 if np.isnan(value) else 10.0 + 100 * max(0.0, 0.5 - lowest)
    if np.isnan(value):
        return 20.0 + 100 * max(0.0, lowest - 0.5)
    return outside(value, low, high) / 0.5


@compiled
def median_distance(row, time, event, group, order):
    """Distance of a median and its limits from their windows, in half days; `order` is by time."""
    median, low, high, floor, upper_floor = median_of(row, time, event, group, order)
    found = day_distance(median, row[2], row[3], floor) + day_distance(low, row[4], row[5], 0.0)
    return found + day_distance(high, row[6], row[7], upper_floor)


@compiled
def ratio_distance(row, time, event, group, order):
    """Distance of a ratio, its limits and its p from their windows, in units of NEAR; `order` is by time."""
    ratio, error, z = ratio_of(row, time, event, group, order, (row[3] + row[4]) / 2, 1e-5)
    half = kernel.Z * error
    found = outside(ratio, row[3], row[4]) / NEAR + outside(ratio - half, row[5], row[6]) / NEAR
    return found + outside(ratio + half, row[7], row[8]) / NEAR + error * (outside(z, row[9], row[10]) / NEAR)


@compiled
def allowed(os, pfs, died, failed, group):
    """Whether a slot's two days can belong to one patient, be rendered, and lie before the data cut."""
    if pfs > os or os > LATEST:
        return False
    if failed == 0:
        return pfs == os and os >= SHORTEST_FOLLOW_UP
    if died == 0:
        return pfs <= os - RELAPSE_TO_DEATH and os >= SHORTEST_FOLLOW_UP and pfs >= FIRST_SCAN
    if group == 0:
        return pfs >= FIRST_SCAN
    return pfs >= 8 and (pfs <= os - 2 or os >= 30)  # nobody dies unseen before a first scan


@compiled
def anneal(os, pfs, died, failed, group, targets_os, targets_pfs, steps, hot, cold, seed):
    """Simulated annealing over single days and swaps; returns the best cost and its days."""
    np.random.seed(seed)
    order_os, order_pfs = np.arange(os.size), np.arange(os.size)
    cost_os = cost(os, died, group, targets_os[0], targets_os[1], order_os)
    cost_pfs = cost(pfs, failed, group, targets_pfs[0], targets_pfs[1], order_pfs)
    best, best_os, best_pfs = cost_os + cost_pfs, os.copy(), pfs.copy()
    n = os.size
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        reach = max(1.0, 60 * (1 - step / steps) ** 2)
        i = np.random.randint(n)
        j = i
        old_os_i, old_pfs_i, old_os_j, old_pfs_j = os[i], pfs[i], os[i], pfs[i]
        kind = np.random.random()
        if kind < 0.2:  # two patients of one group, or of one fate, exchange both days or the day of progression
            j = np.random.randint(n)
            if group[i] != group[j] and (died[i] != died[j] or failed[i] != failed[j]):
                continue
            old_os_j, old_pfs_j = os[j], pfs[j]
            if failed[i] == failed[j]:
                pfs[i], pfs[j] = old_pfs_j, old_pfs_i
            if kind < 0.1:
                os[i], os[j] = old_os_j, old_os_i
            for k in (i, j):
                if failed[k] == 0:
                    pfs[k] = os[k]
        elif kind < 0.6:  # another last day
            if np.random.random() < 0.15:
                if died[i]:
                    os[i] = int(old_os_i * np.exp(np.random.normal() * 0.7))
                else:
                    os[i] = SHORTEST_FOLLOW_UP + np.random.randint(LATEST - SHORTEST_FOLLOW_UP + 1)
            else:
                os[i] = old_os_i + int(np.round(np.random.normal() * reach))
            if failed[i] == 0 or (old_pfs_i == old_os_i and died[i] and np.random.random() < 0.7):
                pfs[i] = os[i]
        else:  # another day of progression
            if failed[i] == 0:
                continue
            draw = np.random.random()
            if draw < 0.1 and died[i]:
                pfs[i] = os[i]
            elif draw < 0.25:
                pfs[i] = int(old_pfs_i * np.exp(np.random.normal() * 0.7))
            else:
                pfs[i] = old_pfs_i + int(np.round(np.random.normal() * reach))
        moved_os = os[i] != old_os_i or os[j] != old_os_j
        moved_pfs = pfs[i] != old_pfs_i or pfs[j] != old_pfs_j
        new_os, new_pfs = cost_os, cost_pfs
        fits = (moved_os or moved_pfs) and allowed(os[i], pfs[i], died[i], failed[i], group[i])
        if fits and allowed(os[j], pfs[j], died[j], failed[j], group[j]):
            bound = cost_os + cost_pfs - temperature * np.log(np.random.random() + 1e-300)
            if moved_pfs:
                new_pfs = cost(pfs, failed, group, targets_pfs[0], targets_pfs[1], order_pfs)
            if moved_os and new_pfs <= bound:
                new_os = cost(os, died, group, targets_os[0], targets_os[1], order_os)
            fits = new_os + new_pfs <= bound
        else:
            fits = False
        if fits:
            cost_os, cost_pfs = new_os, new_pfs
            if cost_os + cost_pfs < best - 1e-12:
                best = cost_os + cost_pfs
                best_os[:] = os
                best_pfs[:] = pfs
                if best == 0:
                    break
        else:
            os[i], pfs[i] = old_os_i, old_pfs_i
            if j != i:
                os[j], pfs[j] = old_os_j, old_pfs_j
    return best, best_os, best_pfs


def draw(seed: int) -> Times:
    """A start: days of about the right length that every rule allows."""
    rng = np.random.default_rng(seed)
    os, pfs = np.zeros(COUNT, np.int64), np.zeros(COUNT, np.int64)
    for i in range(COUNT):
        group = SLOT_GROUP[i]
        while True:
            if DIED[i]:
                mean = (0, 130, 170, 90)[group]
                os[i] = rng.integers(250, 900) if group == RESPONDERS else rng.exponential(mean) + 14
            else:
                os[i] = rng.integers(190, LATEST) if group == RESPONDERS else rng.integers(SHORTEST_FOLLOW_UP, 330)
            pfs[i] = os[i] if not FAILED[i] else max(10, int(os[i] * rng.uniform(0.2, 1)))
            if allowed(os[i], pfs[i], DIED[i], FAILED[i], group):
                break
    return Times(os, pfs)


def search(cooling: Cooling, start: Times | None = None) -> tuple[float, Times]:
    """One annealing run from `start` or a fresh draw. Returns the cost and the days."""
    first, aims = start or draw(cooling.seed), (targets("os"), targets("pfs"))
    best, os, pfs = anneal(
        first.os.copy(),
        first.pfs.copy(),
        DIED,
        FAILED,
        SLOT_GROUP,
        *aims,
        cooling.steps,
        cooling.hot,
        cooling.cold,
        cooling.seed,
    )
    return best, Times(os, pfs)
