"""Changes of one or two slots that leave every count of Table 1 as it is, tried in place.

Two slots of a treatment group exchange a factor, a bundle of the index's factors, or a day; a dose or an interval gets
another value that no printed quantile notices. The colder the search, the nearer its partners: their exchange changes
the models least.
"""

from __future__ import annotations

import numpy as np

from studies.cd20_salvage.calibration import factors
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.factors import (
    AGE,
    AGED,
    DOSE,
    DOSE_MARKS,
    ECOG,
    INTERVAL,
    LDH,
    REFRACTORY,
    SITES,
    STAGE,
)
from studies.cd20_salvage.calibration.slots import CD20, COUNT
from studies.cd20_salvage.calibration.times import allowed, settle

# Moves that are no column: several factors of the index, the day of progression of two slots, the last day of two
# slots, another day for one slot, a dose in steps of any size, a stretch of time that bends for everybody.
INDEX_FACTORS, PROGRESSIONS, LAST_DAYS, ONE_DAY, FINE_DOSE, BEND = -1, -2, -3, -4, -5, -6
MONTHS = (2.35, 15.0)


@compiled
def same(a, b):
    """Equal, or both unknown."""
    return a == b or (np.isnan(a) and np.isnan(b))


@compiled
def index_class(grade):
    """What the index and the tables see of a performance status: below 2, 2, or above."""
    return (grade >= 2) + (grade >= 3)


@compiled
def partner(state, i, move, group, far):
    """Another slot of the treatment group for a move, or `i` itself if a dozen draws found none that changes it.

    It is any slot with probability `far`, or else one that is near (partners), the nearer the likelier.
    """
    low, high = (0, CD20) if i < CD20 else (CD20, COUNT)
    column = DOSE if move == FINE_DOSE else move
    for _ in range(12):
        reach = int((high - low) ** np.random.random())
        if np.random.random() < far:
            j = low + np.random.randint(high - low)
        elif move in (PROGRESSIONS, LAST_DAYS):
            which = 1 if move == PROGRESSIONS else 0
            rank = state.ranks[which, i] + (reach if np.random.random() < 0.5 else -reach)
            j = state.orders[which, rank] if 0 <= rank < COUNT else i
        else:
            j = state.partners[i, reach - 1]
        if j == i or not low <= j < high:
            continue
        if column >= 0 and same(state.x[i, column], state.x[j, column]):
            continue
        if move == ECOG and index_class(state.x[i, ECOG]) == index_class(state.x[j, ECOG]):
            continue
        if move in (PROGRESSIONS, LAST_DAYS):
            alike = group[i] == group[j] and state.events[1, i] == 1 and state.events[1, j] == 1
            if not alike or (move == LAST_DAYS and state.events[0, i] != state.events[0, j]):
                continue
        return j
    return i


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
def aged_fits(x):
    """Whether so many may be over 60 in both groups."""
    cd20, others = x[:CD20, AGE].sum(), x[CD20:, AGE].sum()
    return AGED[0][0] <= cd20 <= AGED[0][1] and AGED[1][0] <= others <= AGED[1][1]


@compiled
def exchange(x, i, j, column):
    """Two slots exchange a factor."""
    keep = x[i, column]
    x[i, column] = x[j, column]
    x[j, column] = keep


@compiled
def move_factors(x, i, j, move):
    """Change factors of i and j; returns whether the counts allow it."""
    if move == INDEX_FACTORS:
        share = np.sqrt(np.random.random())  # often all, which leaves the index of both what it is for the other
        for column in (AGE, ECOG, STAGE, LDH, SITES):
            if np.random.random() < share:
                exchange(x, i, j, column)
    elif move == AGE and np.random.random() < 0.15:
        x[i, AGE] = 1 - x[i, AGE]
        if not aged_fits(x):
            return False
    elif move == DOSE and i < CD20 and np.random.random() < 0.6:
        old = x[i, DOSE]
        x[i, DOSE] = np.round(old * np.exp(np.random.normal() * 0.12), 2)
        if not same_band(old, x[i, DOSE]):
            return False
    elif move == FINE_DOSE and i < CD20 and np.random.random() < 0.6:
        old = x[i, DOSE]
        spread = 0.01 * 60 ** np.random.random()
        x[i, DOSE] = np.round(old + (0.3 + old) * np.random.normal() * spread, 2)
        if x[i, DOSE] == old or not same_band(old, x[i, DOSE]):
            return False
    elif move == INTERVAL and i < CD20 and np.random.random() < 0.5:
        x[i, INTERVAL] = np.round(x[i, INTERVAL] * 365 / 12 + np.random.normal() * 10) * 12 / 365
        if not MONTHS[0] <= x[i, INTERVAL] <= MONTHS[1]:
            return False
    elif move == REFRACTORY and i < CD20 and (i < 22) != (j < 22):
        return False
    else:
        exchange(x, i, j, DOSE if move == FINE_DOSE else move)
    factors.derive(x[i])
    factors.derive(x[j])
    return True


@compiled
def move_days(state, i, j, move, group):
    """Change days of i and j; returns whether both patients can have theirs. Orders are right again afterwards.

    Where two slots of one group exchange days, the curves of the groups stay as they are.
    """
    days, events, ranks = state.days, state.events, state.ranks
    if move == PROGRESSIONS:
        exchange(days.T, i, j, 1)
    elif move == LAST_DAYS:
        unseen = days[0, i] == days[1, i] and days[0, j] == days[1, j]
        exchange(days.T, i, j, 0)
        if unseen:
            exchange(days.T, i, j, 1)
    else:
        which = np.random.randint(2)
        new = days[which, i]
        draw = np.random.random()
        if draw < 0.3:
            new += int(np.round(np.random.normal() * 6))
        else:  # past a neighbour or two, now and then anywhere
            rank = np.random.randint(COUNT) if draw > 0.9 else ranks[which, i] + np.random.randint(-3, 4)
            if 0 <= rank < COUNT:
                new = days[which, state.orders[which, rank]] + np.random.randint(-1, 2)
        if which == 0:
            if events[1, i] == 0 or (days[1, i] == days[0, i] and np.random.random() < 0.7):
                days[1, i] = new
            days[0, i] = new
        elif events[1, i] == 0:
            return False
        else:
            days[1, i] = days[0, i] if events[0, i] and np.random.random() < 0.1 else new
    for k in (i, j):
        if not allowed(days[0, k], days[1, k], events[0, k], events[1, k], group[k]):
            return False
    sort_again(state)
    return True


@compiled
def bend(state, group):
    """Move all days of a stretch of time, most in its middle, without changing who comes before whom or together.

    Models see orders only, so they stay as they are. Returns whether no order changed and every patient can have it.
    """
    days, events = state.days, state.events
    middle = days[np.random.randint(2), np.random.randint(COUNT)]
    reach = max(3.0, (middle + 20.0) * 0.5 * np.random.random())
    by = np.random.normal() * max(1.0, 0.2 * reach)
    old = days.copy()
    for which in range(2):
        for k in range(COUNT):
            share = 1 - abs(old[which, k] - middle) / reach
            if share > 0:
                days[which, k] = int(np.round(old[which, k] + by * share))
    for which in range(2):
        for a in range(1, COUNT):
            first, second = state.orders[which, a - 1], state.orders[which, a]
            was, now = old[which, second] - old[which, first], days[which, second] - days[which, first]
            if now < 0 or (was > 0) != (now > 0):
                return False
    fits = True
    for k in range(COUNT):
        fits &= allowed(days[0, k], days[1, k], events[0, k], events[1, k], group[k])
    return fits


@compiled
def sort_again(state):
    """Orders after days moved."""
    for which in range(2):
        settle(state.orders[which], state.days[which])
