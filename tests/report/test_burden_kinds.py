"""Waterfall and spider: who is shown, in which order, and that nobody can be recognised."""

import pandas as pd
import pytest

from cartwright.analysis.plan.definition import PlanError
from tiny import groups, patients, run

BEST = {"column": "best_response_code", "label": "Best response", "type": "categorical"}
LEVELS = [{"level": "CR", "label": "CR"}, {"level": "PD", "label": "PD"}]
FOUR = patients(group_code=["a", "a", "a", "b"], best_response_code=["CR", "PD", None, "CR"])


def burden(*rows):
    """adtr rows (patient, parameter, day, change in percent, counts)."""
    table = pd.DataFrame(rows, columns=["usubjid", "paramcd", "days_since_time_zero", "pchg", "anl01fl"])
    return {"adtr": table}


def one(kind, data, paramcd, **options):
    change = {"dataset": "adtr", "paramcd": paramcd, "column": "pchg", "label": "Change", "type": "continuous"}
    return run(
        kind,
        FOUR,
        datasets=data,
        variables=[change, {**BEST, "levels": LEVELS}],
        group_by="group_code",
        group_levels=groups("a", "b"),
        options=options,
    )


def test_waterfall_falls_from_the_largest_increase_within_each_group():
    found = one(
        "waterfall",
        burden(("p0", "SPDLOW", 30, -90.0, "Y"), ("p1", "SPDLOW", 30, 40.0, "Y"), ("p3", "SPDLOW", 30, -10.0, "Y")),
        "SPDLOW",
    )
    change = found.results["change"]
    assert change["change_percent"].tolist() == [40, -90, -10]
    assert change["variable_level"].tolist() == ["PD", "CR", "CR"]
    assert change["group_level"].tolist() == ["a", "a", "b"]
    assert change["rank"].tolist() == [1, 2, 3]
    assert "usubjid" not in change
    assert found.value("unknown", group_level="a") == 1  # p2 was not measured: counted, never drawn as no change
    assert found.value("unknown", group_level="b") == 0


def test_spider_shows_the_studies_that_count_in_order_of_time():
    found = one(
        "spider",
        burden(
            ("p0", "SPD", 365, -80.0, "Y"),
            ("p0", "SPD", -10, 0.0, "Y"),
            ("p0", "SPD", 73, -50.0, "Y"),
            ("p0", "SPD", 730, 500.0, "N"),
            ("p0", "SPDLOW", 365, -80.0, "Y"),
            ("p1", "SPD", -5, 0.0, "Y"),
        ),
        "SPD",
        time="days_since_time_zero",
        month_days="365/12",
    )
    change = found.results["change"]
    assert change["change_percent"].tolist() == [0, -50, -80]
    assert change["time_months"].tolist() == pytest.approx([-10 * 12 / 365, 2.4, 12])
    assert found.value("unknown", group_level="a") == 2  # p1 has a baseline only, p2 nothing


@pytest.mark.parametrize(("kind", "paramcd"), [("waterfall", "SPDLOW"), ("spider", "SPD")])
def test_nobody_measured_is_all_unknown(kind, paramcd):
    found = one(kind, burden(), paramcd, time="days_since_time_zero", month_days="365/12")
    assert found.results["change"].empty
    assert found.value("unknown", group_level="a") == 3


def test_a_change_without_categories_is_a_defect_of_the_plan():
    change = {"dataset": "adtr", "paramcd": "SPDLOW", "column": "pchg", "label": "Change", "type": "continuous"}
    with pytest.raises(PlanError, match="two variables"):
        run("waterfall", FOUR, datasets=burden(), variables=[change])
