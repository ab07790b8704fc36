"""Fine and Gray's model: rows and weights by hand, estimates of R."""

import pandas as pd
import pytest

from cartwright.analysis.methods.cox import cox, fine_gray
from cartwright.analysis.methods.cox.fine_gray import fine_gray_rows

TIME = [0, 1, 2, 3, 4, 5, 6, 7]
CAUSE = [1, 2, 0, 1, 2, 0, 1, 1]
TREATED = [1, 0, 1, 1, 0, 1, 0, 1]


@pytest.fixture
def table():
    return pd.DataFrame({"duration": TIME, "cause": CAUSE, "treated": TREATED})


def rows_of(*given):
    return [tuple(row) for row in fine_gray_rows(*given)[["row", "start", "stop", "event", "weight"]].to_numpy()]


def test_who_had_the_other_event_stays_with_the_share_that_is_not_yet_censored():
    """Censoring's survival: 5/6 after day 2 (six are left and not yet through with the day), times 2/3 after day 5."""
    own = [(i, -1, day, cause == 1, 1) for i, (day, cause) in enumerate(zip(TIME, CAUSE, strict=True))]
    other = [(1, 1, 2, False, 1), (1, 2, 5, False, 5 / 6), (1, 5, 7, False, 5 / 9)]
    later = [(4, 4, 5, False, 1), (4, 5, 7, False, 2 / 3)]
    found = rows_of(TIME, CAUSE)
    assert [row[:4] for row in found] == [row[:4] for row in own + other + later]
    assert [row[4] for row in found] == pytest.approx([row[4] for row in own + other + later])


def test_an_event_on_day_0_is_that_of_r(table):
    """R 4, survival 3.5-3: coxph(Surv(fgstart, fgstop, fgstatus) ~ x, finegray(Surv(time, factor(cause)) ~ .),
    weights = fgwt, cluster = id). There too all begin before 0."""
    row = fine_gray(table, "treated").coefficients.iloc[0]
    assert row["beta"] == pytest.approx(1.26111346067054, rel=1e-8)
    assert row["se"] == pytest.approx(0.87881396496397, rel=1e-8)


def test_without_another_cause_it_is_the_cox_model_from_day_0_on(table):
    alone = table.assign(cause=table["cause"].clip(upper=1), is_event=table["cause"] > 0)
    found = fine_gray(alone, ["treated"]).coefficients.iloc[0]
    assert found["beta"] == pytest.approx(cox(alone, ["treated"], "duration", "is_event").coefficients.iloc[0]["beta"])


def test_whoever_is_censored_on_the_day_of_another_event_adds_no_row_without_length():
    """On the day of the other event, and on that of the last of the cause."""
    spans = [(0, -1, 1), (1, -1, 1), (2, -1, 3), (3, -1, 3), (0, 1, 3)]
    assert [row[:3] for row in rows_of([1, 1, 3, 3], [2, 0, 1, 0])] == spans
