"""Quantiles of a curve by hand: the first time below, the middle of a step that rests, and what is not reached."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from cartwright.analysis.methods.survival import kaplan_meier, quantile

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

CURVE = kaplan_meier([1, 2, 3, 4, 5], [1, 1, 1, 1, 1])
RESTS = kaplan_meier([1, 2, 4, 8], [1, 1, 1, 1])  # on one half from 2 to 4
RESTS_TO_THE_END = kaplan_meier([1, 2, 4, 8], [1, 1, 0, 0])  # on one half from 2 to the end of follow-up


def drawn(times: list[float], survival: list[float], low: list[float], high: list[float]):
    """A curve through these points."""
    table = pd.DataFrame({"time": times, "survival": survival, "ci_low": low, "ci_high": high})
    return replace(CURVE, table=table)


def test_it_is_the_first_time_below() -> None:
    assert (quantile(CURVE).value, quantile(CURVE, 0.25).value, quantile(CURVE, 0.75).value) == (3, 2, 4)


@pytest.mark.parametrize("rule", ["sas", "r"])
def test_a_step_that_rests_on_the_share_counts_to_its_middle(rule: str) -> None:
    assert quantile(RESTS, rule=rule).value == 3


def test_a_last_step_on_the_share_is_not_reached_by_sas_and_ends_with_follow_up_by_r() -> None:
    by_sas, by_r = quantile(RESTS_TO_THE_END), quantile(RESTS_TO_THE_END, rule="r")
    assert (math.isnan(by_sas.value), by_sas.flag) == (True, "not reached")
    assert (by_r.value, by_r.flag) == (5, "")


@pytest.mark.parametrize(
    ("level", "value"), [(0.5 + 1.4e-8, 2.5), (0.5 - 1.4e-8, 2.5), (0.5 - 1.6e-8, 2), (0.5 + 1.6e-8, 3)]
)
def test_a_step_reaches_the_share_up_to_rounding(level: float, value: float) -> None:
    points = [1, level, 0.2]
    assert quantile(drawn([1, 2, 3], points, points, points)).value == value


def test_limits_are_read_off_the_limits_of_the_curve_and_an_unknown_one_has_not_fallen() -> None:
    found = quantile(drawn([1, 2, 3, 4], [0.9, 0.4, 0.2, 0], [0.4, 0.2, 0.1, math.nan], [1, 0.9, 0.7, math.nan]))
    assert (found.value, found.ci_low, math.isnan(found.ci_high)) == (2, 1, True)
    assert found.method == f"{CURVE.method}, sas quantile rule"
    assert found.flag == ""


def test_what_is_said_of_the_curve_is_said_of_its_quantile() -> None:
    assert quantile(replace(RESTS_TO_THE_END, flag="said of the curve")).flag == "said of the curve"


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.1])
def test_a_share_lies_between_0_and_1(p: float) -> None:
    with pytest.raises(ValueError, match=f"^p must lie between 0 and 1, not {p}$"):
        quantile(CURVE, p)


def test_a_rule_is_one_of_two() -> None:
    with pytest.raises(ValueError, match=r"^rule must be one of sas, r, not 'spss'$"):
        quantile(CURVE, rule="spss")
