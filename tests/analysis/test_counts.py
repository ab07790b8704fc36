"""Counts by day by hand: who is counted where, and what is refused of counts that somebody else made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import event_counts, kaplan_meier_from_counts, logrank_from_counts
from cartwright.analysis.methods.survival.counts import COLUMNS, at_risk_before, checked_counts

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

COUNTS = pd.DataFrame(
    {
        "stratum": ["x", "x", "x"],
        "group": ["a", "b", "a"],
        "time": [1.0, 2.0, 3.0],
        "events": [1.0, 2.0, 0.0],
        "censored": [0.0, 0.0, 1.0],
        "entered": [4.0, 0.0, 0.0],
    }
)


def test_patients_are_counted_by_stratum_group_and_day() -> None:
    found = event_counts([2, 2, 2, 5], [1, 1, 0, 1], list("aaab"), ["x", "x", "x", "w"])
    due = [("w", "b", 5, 1, 0, 0), ("x", "a", 2, 2, 1, 0)]
    assert list(found.columns) == COLUMNS
    assert list(found.itertuples(index=False, name=None)) == due


def test_weights_add_up_and_a_row_of_weight_zero_takes_its_group_along() -> None:
    found = event_counts([1, 2, 2], [1, 1, 0], list("abb"), weights=[0, 2, 0.5])
    assert list(found.itertuples(index=False, name=None)) == [(0, "b", 2, 2, 0.5, 0)]


def test_entries_are_counted_on_their_own_day() -> None:
    found = event_counts([3, 4], [1, 0], entry=[1, 3], weights=[2, 5])
    due = [(0, 0, 1, 0, 0, 2), (0, 0, 3, 2, 0, 5), (0, 0, 4, 0, 5, 0)]
    assert list(found.itertuples(index=False, name=None)) == due


def test_at_risk_are_those_who_entered_strictly_before_and_did_not_leave_strictly_before() -> None:
    assert list(at_risk_before(np.zeros(3), np.array([1.0, 2.0, 1.0]))) == [4, 3, 1]
    assert list(at_risk_before(np.array([3.0, 1.0, 0.0]), np.array([0.0, 2.0, 2.0]))) == [0, 3, 2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
@pytest.mark.parametrize("column", ["time", "events", "censored", "entered"])
def test_every_column_of_counts_holds_numbers_that_are_not_negative(column: str, bad: float) -> None:
    counts = COUNTS.assign(**{column: COUNTS[column].where(COUNTS["time"] != 2, bad)})
    with pytest.raises(UnusableData, match=r"^counts must be non-negative numbers at non-negative times$"):
        checked_counts(counts)


@pytest.mark.parametrize("column", ["group", "stratum"])
def test_every_count_belongs_to_a_group_and_a_stratum(column: str) -> None:
    counts = COUNTS.assign(**{column: COUNTS[column].where(COUNTS["time"] != 2, None)})
    with pytest.raises(UnusableData, match=r"^group or stratum: values are missing$"):
        logrank_from_counts(counts)


def test_what_is_missing_is_named_and_a_table_without_a_row_is_refused() -> None:
    with pytest.raises(UnusableData, match=r"^no column time, censored$"):
        kaplan_meier_from_counts(COUNTS[["events"]])
    with pytest.raises(UnusableData, match=r"^no column group$"):
        logrank_from_counts(COUNTS.drop(columns="group"))
    with pytest.raises(UnusableData, match=r"^counts must be"):
        kaplan_meier_from_counts(COUNTS.head(0))


def test_counts_of_zero_at_time_zero_are_counts() -> None:
    counts = COUNTS.assign(time=[0.0, 1.0, 2.0])
    assert checked_counts(counts) is counts
