"""Statistics of the calibration against values worked out by hand or published; and windows."""

from math import inf, isnan, log, nan, sqrt

import numpy as np
import pytest

from studies.cd20_salvage.calibration import kernel, quantities, times
from studies.cd20_salvage.calibration.cohort import in_days
from studies.cd20_salvage.calibration.factors import COLUMN, NAMES, ipi_ge3
from studies.cd20_salvage.calibration.score import yates_p
from studies.cd20_salvage.calibration.targets import Window, p_window, window

# Remission in weeks under 6-mercaptopurine and placebo: Freireich et al., Blood 1963;21:699; analysed in Cox 1972.
DRUG = [
    (6, 1),
    (6, 1),
    (6, 1),
    (6, 0),
    (7, 1),
    (9, 0),
    (10, 1),
    (10, 0),
    (11, 0),
    (13, 1),
    (16, 1),
    (17, 0),
    (19, 0),
    (20, 0),
    (22, 1),
    (23, 1),
    (25, 0),
    (32, 0),
    (32, 0),
    (34, 0),
    (35, 0),
]
PLACEBO = [(t, 1) for t in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]


def columns(pairs):
    ordered = np.array(sorted(pairs))
    return ordered[:, 0], ordered[:, 1]


@pytest.fixture
def both():
    everybody = sorted([(t, e, 1) for t, e in PLACEBO] + [(t, e, 0) for t, e in DRUG])
    time, event, in_a = np.array(everybody).T
    table = np.empty((time.size, 4))
    return table, kernel.events_by_time(time, event, in_a, time.size, table), (time, event, in_a)


def test_median_of_the_published_curves():
    assert kernel.km_median(*columns(DRUG))[0] == 23
    assert kernel.km_median(*columns(PLACEBO))[0] == 8


def test_median_in_the_middle_of_a_flat_half():
    assert kernel.km_median(np.array([1, 2, 3, 4]), np.array([1, 1, 1, 1]))[0] == 2.5


def test_curve_that_never_falls_to_a_half_has_no_median():
    median, _, high, floor, _ = kernel.km_median(np.array([1, 2, 3]), np.array([1, 0, 0]))
    assert isnan(median)
    assert isnan(high)
    assert floor == pytest.approx(2 / 3)


def test_logrank_of_the_published_trial(both):
    table, rows, _ = both
    observed, expected, variance = kernel.logrank(table, rows)
    # Observed and expected relapses on placebo and the chi-square of 16.79 are in every textbook.
    assert observed == 21
    assert expected == pytest.approx(10.75, abs=0.005)
    assert (observed - expected) ** 2 / variance == pytest.approx(16.79, abs=0.005)


def test_efron_estimate_of_the_published_trial(both):
    table, rows, (time, event, in_a) = both
    beta, se = kernel.cox_binary(table, rows)
    assert beta == pytest.approx(1.572, abs=0.0005)  # Efron ties
    assert se == pytest.approx(0.412, abs=0.0005)
    many, errors = np.zeros(kernel.WIDTH), np.zeros(kernel.WIDTH)
    x = np.zeros((time.size, kernel.WIDTH))
    x[:, 0] = in_a
    assert kernel.cox(time, event, x, time.size, 1, many, errors)
    assert many[0] == pytest.approx(beta, abs=1e-6)
    assert errors[0] == pytest.approx(se, abs=1e-6)


def test_monotone_likelihood_does_not_pass_as_a_fit():
    table = np.empty((4, 4))
    rows = kernel.events_by_time(np.array([1, 2, 3, 4]), np.array([1, 1, 0, 0]), np.array([1, 1, 0, 0]), 4, table)
    assert kernel.cox_binary(table, rows) == (0.0, 1e3)


def test_odds_ratio_of_a_two_by_two_table():
    # 8 of 29 against 14 of 25: log odds ratio and Woolf's standard error in closed form.
    x, y = np.array([1.0] * 29 + [0.0] * 25), np.array([1.0] * 8 + [0.0] * 21 + [1.0] * 14 + [0.0] * 11)
    beta, se = kernel.logistic(x, y)
    assert beta == pytest.approx(log(8 * 11 / (21 * 14)))
    assert se == pytest.approx(sqrt(1 / 8 + 1 / 21 + 1 / 14 + 1 / 11))


def test_yates_p_of_sex_in_table_1():
    assert round(yates_p(28, 54, 24, 39), 2) == 0.47


def test_ranksum_by_hand():
    # Ranks of (1, 2) among (1, 2, 3, 4, 5): u = 0, mean 3, variance 3, continuity 0.5.
    assert quantities.ranksum_p(np.array([1.0, 2]), np.array([3.0, 4, 5])) == pytest.approx(0.1489, abs=5e-5)


def test_quartiles_by_the_fifth_definition():
    values = np.array([1.0, 2, 3, 4, 5, 6])
    assert [quantities.quantile(values, p) for p in (0.25, 0.5, 0.75)] == [2, 3.5, 5]


def test_fit_reaches_a_median():
    spread = quantities.Spread(np.arange(9), ((0.5, Window(50, 50)),))
    values, left = quantities.fit(np.random.default_rng(1), np.full(9, 20.0), np.full(9, 80.0), [spread], tries=4000)
    assert left == 0
    assert sorted(values)[4] == 50


def test_windows_hold_what_prints_alike():
    assert window("0.36").holds(0.3551)
    assert not window("0.36").holds(0.3549)
    assert window("NE") == (inf, inf)
    assert window("NE").holds(nan)
    assert not window("NE").holds(12.0)
    assert p_window("0.0001", "<") == (0.0, 0.0001)
    assert p_window("0.99", ">") == (0.99, 1.0)


def test_a_quartile_that_no_day_prints_is_held_by_the_days_beside_it():
    marks = ((0.5, Window(44.86, 45.16)), (0.25, Window(69.3, 69.7)), (0.75, Window(100.53, 100.83)))
    held = in_days(quantities.Spread(np.arange(14), marks)).quantiles
    assert held == (marks[0], marks[1], (0.75, Window(100, 101)))  # 69.5 is the middle of two days


def test_z_window_is_that_of_the_p_value():
    low, high = times.z_window(Window(0.045, 0.055))
    assert low < 1.96 < high


def test_penalty_is_square_then_linear():
    assert kernel.miss(1.0, 0.5, 1.5, 0.1) == 0
    assert kernel.miss(1.55, 0.5, 1.5, 0.1) == pytest.approx(0.25)
    assert kernel.miss(1.7, 0.5, 1.5, 0.1) == pytest.approx(3)
    assert kernel.miss(9.0, nan, nan, 0.1) == 0


def test_a_start_near_the_estimate_ends_in_it(both):
    table, rows, _ = both
    assert kernel.cox_binary(table, rows, 1.5, 1e-3) == pytest.approx(kernel.cox_binary(table, rows), abs=1e-4)


def test_index_is_unknown_only_where_an_unknown_factor_decides():
    row = np.zeros(len(NAMES))
    row[COLUMN["ecog"]], row[COLUMN["stage_ge3"]], row[COLUMN["ldh"]] = 2, 1, nan
    assert isnan(ipi_ge3(row))
    row[COLUMN["age_gt60"]] = 1
    assert ipi_ge3(row) == 1
    row[COLUMN["age_gt60"]] = row[COLUMN["stage_ge3"]] = 0
    assert ipi_ge3(row) == 0
