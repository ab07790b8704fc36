"""The search for the calibrated cohort: what a change costs, what it may change, and that it ends where it should."""

from math import log, nan, sqrt

import numpy as np
import pytest

from simulator.calibration import (
    annealing,
    covariates,
    kernel,
    moves,
    newton,
    prices,
    room,
    schedule,
    state,
    times,
    units,
)
from simulator.calibration.__main__ import draw_factors
from simulator.calibration.factors import AGE, BRIDGED, COLUMN, DOSE, INTERVAL, NAMES, REFRACTORY
from simulator.calibration.schedule import Cooling
from simulator.calibration.slots import CD20, SLOT_GROUP
from simulator.calibration.state import encode, reorder
from simulator.calibration.targets import MONTH

GCB = COLUMN["coo_gcb"]

# A ratio of 1.00 (0.83 to 1.21), p above 0.9, has a standard error of about 0.096 on the log scale.
WINDOWS = np.array([log(0.995), log(1.005), log(0.825), log(0.835), log(1.205), log(1.215), 0.0, 0.13])


@pytest.fixture
def aims():
    return units.aims(covariates.BOUND, with_models=True, is_linear=True, days_weight=1.0)


@pytest.fixture
def start(aims):
    return state.begin(times.draw(4), draw_factors(4), aims)


# --- one step -------------------------------------------------------------------------------------------------------


def converged(step, steps=12):
    """The end of repeated steps from 0: estimate and standard error."""
    beta, se = 0.0, 1.0
    for _ in range(steps):
        beta, se = step(beta)
    return beta, se


def exact(cohort, which, columns, cd20_only):
    """The same fit by kernel.cox over sorted complete cases."""
    order = cohort.cd20_orders[which] if cd20_only else cohort.orders[which]
    known = order[~np.isnan(cohort.x[np.ix_(order, columns)]).any(axis=1)]
    rows = np.zeros((known.size, kernel.WIDTH))
    rows[:, : len(columns)] = cohort.x[np.ix_(known, columns)]
    beta, se = np.zeros(kernel.WIDTH), np.zeros(kernel.WIDTH)
    assert kernel.cox(cohort.days[which][known], cohort.events[which][known], rows, known.size, len(columns), beta, se)
    return beta[: len(columns)], se[: len(columns)]


@pytest.mark.parametrize("which", [0, 1])
def test_steps_on_a_factor_with_unknowns_end_in_the_cox_estimate(start, which):
    start.days[which][:20] = start.days[which][20:40]  # ties, between events too
    start.orders[which] = np.argsort(start.days[which], kind="stable")
    time, event = start.days[which], start.events[which]
    assert np.isnan(start.x[:, GCB]).any()
    beta, se = converged(lambda b: newton.step_binary(start.codes[GCB], start.orders[which], time, event, b))
    (expected,), (error,) = exact(start, which, [GCB], False)
    assert (beta, se) == pytest.approx((expected, error), abs=1e-6)


def test_steps_on_a_dose_end_in_the_cox_estimate(start):
    time, event = start.days[0], start.events[0]
    beta, se = converged(lambda b: newton.step_number(start.x[:, DOSE], start.cd20_orders[0], time, event, b))
    (expected,), (error,) = exact(start, 0, [DOSE], True)
    assert (beta, se) == pytest.approx((expected, error), abs=1e-6)


@pytest.mark.parametrize("model", range(4))
def test_steps_of_a_model_end_in_the_cox_estimate(aims, start, model):
    which, cd20_only, size = aims.models[model, :3]
    start.days[which][:10] = start.days[which][10:20]
    start.orders[which] = np.argsort(start.days[which], kind="stable")
    reorder(start)
    unit = aims.cells.shape[0] + aims.logistic.size + model
    for _ in range(15):
        prices.model_price(aims, start, model)
        prices.restart(aims, start, unit)
    columns = [int(column) for column in aims.models[model, 3 : 3 + size]]
    expected, errors = exact(start, which, columns, cd20_only)
    assert start.scratch.beta[:size] == pytest.approx(expected, abs=1e-6)
    assert start.scratch.error[:size] == pytest.approx(errors, abs=1e-6)


def test_no_events_leave_no_estimate():
    code, time, event = np.array([0, 1, 1]), np.array([1, 2, 3]), np.zeros(3, np.int64)
    assert newton.step_binary(code, np.arange(3), time, event, 0.0) == (0.0, newton.FAR)


# --- prices ---------------------------------------------------------------------------------------------------------


def test_a_claim_costs_nothing_as_printed_and_in_a_cold_search_little_more_when_far():
    assert prices.claim_price(0.0, 0.096, WINDOWS, False) == 0
    near, far, further = (prices.claim_price(beta, 0.096, WINDOWS, False) for beta in (0.01, 0.1, 0.2))
    assert 0 < near < far < further
    assert further - far < far - near
    assert prices.claim_price(9.0, 1.0, np.full(8, nan), False) == 0


def test_in_a_hot_search_a_claim_costs_its_distance():
    low, high = (prices.claim_price(beta, 0.096, WINDOWS, True) for beta in (0.1, 0.2))
    assert high - low == pytest.approx(4 * 0.1 / 0.003)  # estimate, both limits and p move by as much


def test_steps_start_in_the_middle_of_what_is_printed():
    assert units.centre(*WINDOWS) == pytest.approx(0, abs=0.004)
    coarse = [log(0.5), log(1.5), *WINDOWS[2:]]  # printed as 1: the limits say more
    assert units.centre(*coarse) == pytest.approx(0, abs=0.004)


def test_odds_ratio_of_response_is_that_of_the_table(aims, start):
    start.codes[BRIDGED, :CD20] = 0
    start.codes[BRIDGED, :11] = 1
    start.codes[BRIDGED, 22:48] = 1  # 11 of 22 responders and 26 of 32 others, as printed
    beta, se = prices.fit_response(start, BRIDGED)
    assert beta == pytest.approx(log(11 * 6 / (11 * 26)))
    assert se == pytest.approx(sqrt(1 / 11 + 1 / 11 + 1 / 26 + 1 / 6))
    start.codes[BRIDGED, 0] = newton.UNKNOWN
    assert prices.fit_response(start, BRIDGED) == (0.0, newton.FAR)


def test_a_change_touches_what_uses_it(aims, start):
    changed, touched = np.zeros(len(NAMES), bool), np.zeros(aims.endpoints.size, bool)
    changed[GCB] = True
    before = [prices.unit_price(aims, start, k) for k in range(touched.size)]
    start.x[54:, GCB] = start.x[54:, GCB][::-1].copy()
    for i in range(93):
        encode(aims, start, i)
    units.touch_by_factors(aims, changed, False, touched)
    moved = [k for k in range(touched.size) if prices.unit_price(aims, start, k) != before[k]]
    assert moved
    assert set(moved) <= set(np.flatnonzero(touched).tolist())
    assert not touched.all()


def test_other_days_touch_their_endpoint_alone(aims, start):
    touched = np.zeros(aims.endpoints.size, bool)
    units.touch_by_days(aims, np.array([True, False]), True, 1, touched)
    assert set(aims.endpoints[touched]) == {0}
    is_row = aims.day_groups > 0
    assert (aims.day_groups[touched & is_row] & 1 == 1).all()
    units.touch_by_days(aims, np.array([True, True]), True, 0, touched)
    assert not touched[is_row].any()  # days exchanged within a group leave its curve alone


def test_a_median_costs_half_days():
    assert times.day_distance(100.0, 101.0, 102.0, 0.0) == 2
    assert times.day_distance(101.0, 101.0, 102.0, 0.0) == 0
    assert times.day_distance(nan, 101.0, 102.0, 0.6) > 20
    assert times.day_distance(nan, np.inf, np.inf, 0.6) == 0


# --- changes --------------------------------------------------------------------------------------------------------


def test_days_are_exchanged_only_where_both_patients_can_have_them(start):
    events, group = np.array([[1, 1], [1, 1]]), np.array([1, 1])

    def exchanged(days):
        orders = np.argsort(days, axis=1)
        ranks = np.argsort(orders, axis=1)
        two = start._replace(days=days, events=events, orders=orders, ranks=ranks)
        return moves.move_days(two, 0, 1, moves.PROGRESSIONS, group)

    days = np.array([[100, 300], [60, 90]])
    assert exchanged(days)
    assert days[1].tolist() == [90, 60]
    assert not exchanged(np.array([[100, 300], [60, 200]]))  # progression after death


@pytest.mark.parametrize(
    ("old", "new", "fits"),
    [
        (1.5, 1.8, True),
        (1.9, 2.0, False),  # reaches the target of 2
        (2.05, 2.0, True),
        (2.5, 2.0, False),  # falls below the third quartile
        (2.1, 2.2, False),  # is the third quartile
    ],
)
def test_a_dose_stays_in_its_band(old, new, fits):
    assert moves.same_band(old, new) == fits


@pytest.mark.parametrize(
    ("os", "pfs", "died", "failed", "group", "fits"),
    [
        (100, 100, 0, 0, 0, True),
        (91, 91, 0, 0, 0, False),  # followed less than 92 days
        (100, 90, 0, 0, 0, False),  # censored for PFS, so also for OS on that day
        (300, 90, 1, 1, 1, True),
        (90, 300, 1, 1, 1, False),  # progression after death
        (20, 20, 1, 1, 3, False),  # death before a first scan, unseen
        (300, 20, 1, 1, 0, False),  # a response takes a scan
    ],
)
def test_days_that_one_patient_can_have(os, pfs, died, failed, group, fits):
    assert times.allowed(os, pfs, died, failed, group) == fits


def test_room_between_the_products_by_the_day():
    row = np.zeros(len(NAMES))

    def has_room(interval_days, os=400):
        row[INTERVAL] = interval_days / MONTH
        first, last = room.failure_days(row, os)
        return first <= last

    assert has_room(48 + 16)
    assert not has_room(48 + 15)
    row[REFRACTORY] = 1
    assert has_room(22 + 16)
    assert not has_room(22 + 15)
    row[BRIDGED] = 1
    assert has_room(22 + 22)
    assert not has_room(22 + 21)
    row[COLUMN["bulky"]] = nan  # failure without a scan
    assert has_room(62 + 38)
    assert not has_room(62 + 37)
    assert not has_room(100, os=room.SPAN - 38)  # no day left to wait before the data cut


# --- the search -----------------------------------------------------------------------------------------------------


def test_a_short_search_keeps_every_count_and_the_days_of_one_patient(aims, start):
    run = schedule.Run("together", Cooling(1, 20, 3.0, 1.0), "all", True, 1.0)
    before = start.x
    _, moved, x = covariates.together(run, times.Times(*start.days), before)
    for name in set(NAMES) - {"age_gt60", "dose", "cart_interval", "ipi_ge3"}:
        column = COLUMN[name]
        for members in (slice(0, 54), slice(54, 93)):
            assert np.array_equal(np.sort(x[members, column]), np.sort(before[members, column]), equal_nan=True), name
    assert (moved.pfs <= moved.os).all()


def test_the_price_kept_up_to_date_is_that_of_the_cohort_found(aims, start):
    found, x, days = annealing.anneal(aims, start, SLOT_GROUP, np.array([AGE, GCB]), 12, 1e7, 1e6, 2)
    again = state.begin(times.Times(*days), x, aims)
    for _ in range(12):  # the estimates of a new state start in the middle of print
        exact = [prices.restart(aims, again, k) for k in range(aims.endpoints.size)]
    paid = sum(price if price >= 0 else prices.unit_price(aims, again, k) for k, price in enumerate(exact))
    assert found == pytest.approx(paid + annealing.PATIENT * prices.impossible(aims, again), rel=0.05)


def test_one_factor_alone_leaves_the_others_and_the_days():
    days, before = times.draw(4), draw_factors(4)
    column = COLUMN["tp53"]
    run = schedule.Run("alone", Cooling(1, 40, 3.0, 1.0), "free", True, 0.0)
    _, after, x = covariates.search(
        days, before, run.cooling, movable=[column], priced=(column,), with_models=False, is_linear=True
    )
    assert np.array_equal(np.delete(x, column, 1), np.delete(before, column, 1), equal_nan=True)
    assert (after.os == days.os).all()
    assert (after.pfs == days.pfs).all()


def test_a_search_for_days_gets_nearer():
    start = times.draw(4)
    first = sum(
        times.cost(days, events, times.SLOT_GROUP, *times.targets(name), np.arange(93))
        for name, days, events in (("os", start.os, times.DIED), ("pfs", start.pfs, times.FAILED))
    )
    best, found = times.search(Cooling(4, 15, 6.0, 0.02), start)
    assert best <= first
    assert (found.pfs <= found.os).all()


def test_the_schedule_goes_from_days_to_factors_to_a_dressed_cohort():
    stages = [run.stage for run in schedule.runs()]
    assert stages.index("draw") == stages.count("times")  # the days come first
    assert stages[-1] == "dress"
    assert {run.factors for run in schedule.runs() if run.stage in ("together", "alone")} <= set(covariates.NAMED)
    for run in schedule.runs():
        assert run.stage in ("draw", "dress") or 0 < run.cooling.cold < run.cooling.hot
