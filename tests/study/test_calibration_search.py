"""The search for the calibrated cohort: what a change costs, what it may change, and that it ends where it should."""

from math import log, nan, sqrt

import numpy as np
import pytest

from studies.cd20_salvage.calibration import (
    annealing,
    covariates,
    factors,
    focus,
    kernel,
    moves,
    newton,
    partners,
    prices,
    repair,
    room,
    schedule,
    score,
    state,
    times,
    units,
)
from studies.cd20_salvage.calibration.__main__ import draw_factors
from studies.cd20_salvage.calibration.factors import (
    AGE,
    BRIDGED,
    COLUMN,
    DOSE,
    ECOG_GE3,
    GCB,
    INTERVAL,
    IPI,
    LDH,
    NAMES,
    REFRACTORY,
    SITES,
    STAGE,
    TRANSPLANT,
)
from studies.cd20_salvage.calibration.schedule import Cooling
from studies.cd20_salvage.calibration.slots import CD20, SLOT_GROUP
from studies.cd20_salvage.calibration.state import encode, reorder
from studies.cd20_salvage.calibration.targets import MONTH

# A ratio of 1.00 (0.83 to 1.21), p above 0.9, has a standard error of about 0.096 on the log scale.
WINDOWS = np.array([log(0.995), log(1.005), log(0.825), log(0.835), log(1.205), log(1.215), 0.0, 0.13])


@pytest.fixture
def aims():
    return units.aims(covariates.BOUND, with_models=True, missed=nan, days_weight=1.0)


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
    assert prices.claim_price(0.0, 0.096, WINDOWS, 0.3) == 0
    near, far, further = (prices.claim_price(beta, 0.096, WINDOWS, 0.3) for beta in (0.01, 0.1, 0.2))
    assert 0 < near < far < further
    assert further - far < far - near
    assert prices.claim_price(9.0, 1.0, np.full(8, nan), 0.3) == 0


def test_in_a_hot_search_a_claim_costs_its_distance():
    low, high = (prices.claim_price(beta, 0.096, WINDOWS, nan) for beta in (0.1, 0.2))
    assert high - low == pytest.approx(4 * 0.1 / 0.003)  # estimate, both limits and p move by as much


@pytest.mark.parametrize(
    ("weight", "missed", "paid"),
    [
        (1.0, nan, nan),
        (1.0, 2.0, 2.0),
        (0.1, 2.0, nan),  # in the background: by its distance also when all others pay by the logarithm
        (40.0, nan, prices.HELD),  # held: by the logarithm also when all others pay by their distance
        (3.0, 2.0, 2.0),
    ],
)
def test_the_weight_of_a_claim_says_how_it_pays(weight, missed, paid):
    assert prices.form(weight, missed) == pytest.approx(paid, nan_ok=True)


def test_a_claim_costs_as_much_as_it_weighs():
    def price(k, weight):
        aims = units.aims((GCB,), with_models=True, missed=nan, days_weight=0.0, weight=lambda _: weight)
        return prices.unit_price(aims, state.begin(times.draw(4), draw_factors(4), aims), k)

    cells = sum(cell.column == GCB for cell in factors.cells())
    for k in (0, cells):  # a row of its own, a model
        assert price(k, 0.25) == pytest.approx(0.25 * price(k, 1.0))


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
    assert prices.fit_response(start, BRIDGED)[0] == pytest.approx(log(10 * 6 / (11 * 26)))
    start.codes[BRIDGED, 22:CD20] = 1
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


# --- partners -------------------------------------------------------------------------------------------------------


def test_residuals_by_hand():
    """Deaths on days 1 and 3 of three at equal risk: hazards of 1/3 and 1; the second is censored between."""
    found = np.zeros(3)
    time, failed, order = np.array([3, 1, 2]), np.array([1.0, 1.0, 0.0]), np.array([1, 2, 0])
    partners.residuals(order, time, failed, np.ones(3), found)
    assert found == pytest.approx([1 - 4 / 3, 1 - 1 / 3, -1 / 3])
    partners.residuals(order, np.array([3, 1, 1]), failed, np.array([2.0, 1.0, 3.0]), found)
    assert found == pytest.approx([1 - 2 * (1 / 6 + 1 / 2), 1 - 1 / 6, -3 / 6])


def test_partners_are_of_the_treatment_group_nearest_first(aims, start):
    partners.look_up(aims, start)
    assert all(sorted({i, *start.partners[i, :53]}) == list(range(54)) for i in range(54))
    assert all(sorted({i, *start.partners[i, :38]}) == list(range(54, 93)) for i in range(54, 93))
    twin = start.partners[70, 0]
    for values in (start.days, start.events, start.failed, start.risks):
        values[:, 71] = values[:, 70]
    start.orders[:] = np.argsort(start.days, axis=1, kind="stable")
    partners.look_up(aims, start)
    assert start.partners[70, 0] == 71 != twin


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


def test_a_fine_dose_moves_by_hundredths_and_stays_in_its_band():
    np.random.seed(5)
    x = draw_factors(4)
    apart = []
    for _ in range(400):
        before = x[:2, DOSE].copy()
        if moves.move_factors(x, 0, 1, moves.FINE_DOSE) and x[1, DOSE] == before[1]:
            apart.append(abs(x[0, DOSE] - before[0]))
            assert moves.same_band(before[0], x[0, DOSE])
        x[:2, DOSE] = before
    assert min(apart) == pytest.approx(0.01)
    assert max(apart) > 0.1


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


@pytest.mark.parametrize(("stage", "columns"), [(covariates.together, "bound"), (covariates.alone, "free")])
def test_a_short_search_keeps_every_count_and_the_days_of_one_patient(start, stage, columns):
    run = schedule.Run("", Cooling(1, 20, 3.0, 1.0), columns, nan, 1.0)
    before = start.x
    _, moved, x = stage(run, times.Times(*start.days), before)
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
    run = schedule.Run("alone", Cooling(1, 40, 3.0, 1.0), "free", nan, 0.0)
    _, after, x = covariates.search(
        days, before, run.cooling, movable=[column], priced=(column,), with_models=False, missed=nan
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
    assert {run.factors for run in schedule.runs() if run.stage == "focus"} <= set(focus.FOCI)
    for run in schedule.runs():
        assert run.stage in ("draw", "repair", "dress") or 0 < run.cooling.cold < run.cooling.hot


def moved(start, movable, **kept):
    """Factors after a search so hot that everything is taken which is not forbidden."""
    aims = units.aims(covariates.BOUND, with_models=False, missed=nan, days_weight=0.0, **kept)
    fresh = state.begin(times.Times(*start.days), start.x, aims)
    return annealing.anneal(aims, fresh, SLOT_GROUP, np.array(movable), 60, 1e9, 1e8, 3), fresh.x


def differs(a, b):
    return ~((a == b) | (np.isnan(a) & np.isnan(b)))


def test_what_table_3_has_of_the_cd20_group_stays_while_table_2_is_searched(start):
    _, x = moved(start, [GCB, TRANSPLANT, REFRACTORY, STAGE, moves.FINE_DOSE], is_table_3_settled=True)
    changed = differs(x, start.x)
    assert changed[:CD20, [GCB, TRANSPLANT]].any()
    assert changed[CD20:, [REFRACTORY, STAGE]].any()
    assert not np.delete(changed[:CD20], [GCB, TRANSPLANT], axis=1).any()


def test_patients_keep_their_index_while_its_factors_move(start):
    _, x = moved(start, [STAGE, LDH, SITES, moves.INDEX_FACTORS], is_index_kept=True)
    changed = differs(x, start.x)
    assert changed[:, [STAGE, LDH, SITES]].any()
    assert not changed[:, [AGE, IPI, ECOG_GE3]].any()


@pytest.mark.parametrize(
    ("name", "claim", "weight"),
    [
        ("models_2", "t2.os.multi.coo_gcb", 1.0),
        ("models_2", "t3.pfs.uni.age_gt60", 1.0),  # a factor of the models of Table 2
        ("models_2", "t3.os.multi.ipi_ge3", focus.BACKGROUND),
        ("models_2", "t2.os.uni.ldh", focus.BACKGROUND),
        ("table_3", "t3.os.uni.ldh", 1.0),
        ("table_3", "r.orr.logit.uni.dose", 1.0),
        ("table_3", "t2.os.uni.ldh", focus.BACKGROUND),
        ("table_2", "t3.os.uni.ldh", focus.HELD),
        ("table_2", "t2.os.uni.ldh", 1.0),
    ],
)
def test_a_focus_weighs_its_claims(name, claim, weight):
    assert focus.FOCI[name].weight(claim) == weight


def test_a_repair_returns_the_best_it_met(monkeypatch):
    part = repair.Part([GCB, moves.FINE_DOSE], 20, 0, 1)
    monkeypatch.setattr(repair, "PARTS", (part,))
    monkeypatch.setattr(repair, "CONVERGED", 2)
    days, x = times.draw(4), draw_factors(4)
    run = schedule.Run("repair", Cooling(1, 2, 1e6, 1.0), "", 2.0, 0.0)  # so warm that it keeps whatever it meets
    best, found, better = repair.repair(run, days, x)
    assert best < repair.price(days, x, 2.0, 1.0)
    assert best == pytest.approx(repair.price(found, better, 2.0, 1.0))


@pytest.mark.parametrize(
    ("printed", "found", "close"),
    [
        ((0.005, 0.015), 0.03, True),  # 0.01: two units of the last digit
        ((0.005, 0.015), 0.0301, False),
        ((7.925, 7.935), 8.326, True),  # 7.93: five per cent
        ((7.925, 7.935), 8.327, False),
        ((7.925, 7.935), 7.53, False),
    ],
)
def test_close_is_two_units_or_five_per_cent(printed, found, close):
    assert repair.is_close(score.Part("univariable", "any", "value", *printed, found, False)) == close


def test_a_claim_that_need_only_be_close_has_wider_windows():
    """t3.pfs.uni.ldh prints 0.74 (0.33-1.63), p 0.45: two units below 0.33, five per cent above 1.63."""
    close = factors.windows("t3.pfs.uni.ldh", is_close_enough=True)
    assert close[2] == pytest.approx(log(0.33 - 0.02))
    assert close[5] == pytest.approx(log(1.63 * 1.05))
    (row,) = [k for k, cell in enumerate(factors.cells()) if cell.claim_id == "t3.pfs.uni.ldh"]
    every = (*covariates.BOUND, *covariates.FREE)
    aims = units.aims(every, with_models=False, missed=nan, days_weight=0.0, close_enough=["t3.pfs.uni.ldh"])
    assert aims.cell_windows[row].tolist() == close
    assert aims.cell_windows[row + 1].tolist() == factors.windows(factors.cells()[row + 1].claim_id)


def test_missed_claims_are_rows_of_bound_factors_and_of_models_that_do_not_print():
    missed = repair.missed_claims(times.draw(4), draw_factors(4))
    assert "t2.os.multi.ecog_ge3" in missed
    assert "t2.os.uni.tp53" not in missed
    assert set(missed) <= {
        *(cell.claim_id for cell in factors.cells()),
        *sum((m.claim_ids for m in factors.models()), ()),
    }
