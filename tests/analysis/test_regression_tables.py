"""What a regression says beside its numbers: method, whom it counted, the level of a row, why there is no answer."""

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.cox import cox, fine_gray, firth_cox, likelihood
from cartwright.analysis.methods.cox.design import build
from cartwright.analysis.methods.cox.fine_gray import fine_gray_rows
from cartwright.analysis.methods.cox.firth import firth_estimates


@pytest.fixture
def cohort():
    """Forty subjects, two causes, a number, three levels and a column without variation."""
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "duration": np.ceil(rng.exponential(20, 40)),
            "cause": rng.permutation(np.repeat([0, 1, 2], [12, 16, 12])),
            "age": rng.normal(60, 8, 40).round(),
            "stage": np.tile(["I", "II", "III", "II"], 10),
            "site": 1.0,
        }
    ).assign(event=lambda t: t["cause"] == 1)


def test_fine_and_gray_name_their_method_and_count_subjects_not_rows(cohort):
    fit = fine_gray(cohort, ["age"])
    assert fit.method == "fine-gray, robust variance"
    assert fit.coefficients["method"].tolist() == ["fine-gray, robust variance"]
    assert fit.n == 40
    assert len(fine_gray_rows(cohort["duration"], cohort["cause"])) > 40


def test_fine_and_gray_ask_for_the_first_cause_unless_told(cohort):
    first, second = (fine_gray(cohort, ["age"], cause=cause).coefficients["hr"].iloc[0] for cause in (1, 2))
    assert fine_gray(cohort, "age").coefficients["hr"].iloc[0] == first != second
    pd.testing.assert_frame_equal(
        fine_gray_rows(cohort["duration"], cohort["cause"]), fine_gray_rows(cohort["duration"], cohort["cause"], 1)
    )


def test_limits_of_fine_and_gray_have_the_confidence_asked_for(cohort):
    """On the logarithmic scale they are as wide as the normal quantiles: 1.644854 to 1.959964."""
    wide, narrow = (fine_gray(cohort, ["age"], confidence=level).coefficients.iloc[0] for level in (0.95, 0.90))
    ratio = np.log(narrow["ci_high"] / narrow["ci_low"]) / np.log(wide["ci_high"] / wide["ci_low"])
    assert ratio == pytest.approx(1.6448536 / 1.9599640, abs=1e-6)


def test_whoever_has_the_other_event_stays_at_risk_with_the_weight_of_not_being_censored():
    """By hand: censored at 3, when three are left (3, 4, 6), so G falls to 2/3 just after; the other event at 2 stays
    to the last event of the cause at 6. All begin before 0, as in R: the event at 0 finds all at risk."""
    rows = fine_gray_rows([0, 2, 3, 4, 6], [1, 2, 0, 1, 1])
    assert rows.columns.tolist() == ["row", "start", "stop", "event", "weight"]
    assert rows.drop(columns="weight").to_numpy().tolist() == [
        [0, -1, 0, True],
        [1, -1, 2, False],
        [2, -1, 3, False],
        [3, -1, 4, True],
        [4, -1, 6, True],
        [1, 2, 3, False],
        [1, 3, 6, False],
    ]
    assert rows["weight"].tolist() == pytest.approx([1, 1, 1, 1, 1, 1, 2 / 3])


def test_the_other_event_with_or_after_the_last_of_the_cause_adds_no_row():
    assert len(fine_gray_rows([1, 3, 3, 4], [1, 1, 2, 2])) == 4


def test_without_an_event_of_the_cause_nobody_is_kept_at_risk():
    assert len(fine_gray_rows([1, 2], [2, 0])) == 2


def test_firth_names_variable_level_and_method_and_says_why_there_is_no_answer(cohort):
    found = firth_cox(cohort, ["age", "stage", "site"])
    assert found.columns.tolist() == (
        ["term", "variable", "level", "beta", "se", "hr", "ci_low", "ci_high", "p", "method", "flag"]
    )
    assert found["variable"].tolist() == ["age", "stage", "stage", "site"]
    assert found["level"].tolist() == ["", "II", "III", ""]
    assert found["method"].tolist()[:3] == ["firth cox, profile limits"] * 3
    assert found["flag"].tolist() == ["", "", "", "constant"]
    assert np.isfinite(found["hr"]).tolist() == [True, True, True, False]


def test_firth_knows_when_somebody_came_under_observation(cohort):
    """Whoever enters after the last event was never at risk of one."""
    observed = cohort.assign(entry=0.0)
    late = observed.iloc[:10].assign(entry=500.0, duration=600.0, event=False)
    alone, beside = (
        firth_estimates(build(table, ["age"], "duration", "event", entry="entry"))
        for table in (observed, pd.concat([observed, late], ignore_index=True))
    )
    numbers = ["beta", "hr", "ci_low", "ci_high", "p"]
    np.testing.assert_allclose(beside[numbers].to_numpy(float), alone[numbers].to_numpy(float), rtol=1e-7)


def test_a_proportional_model_of_a_cause_is_not_that_of_fine_and_gray(cohort):
    assert cox(cohort, ["age"]).coefficients["hr"].iloc[0] != fine_gray(cohort, ["age"]).coefficients["hr"].iloc[0]


def test_firth_without_a_covariate_that_varies_says_so(cohort):
    (row,) = firth_cox(cohort, ["site"]).to_dict("records")
    assert (row["flag"], np.isnan(row["hr"]), np.isnan(row["p"])) == ("constant", True, True)


@pytest.mark.parametrize("small", [0, likelihood.SMALL])
def test_sums_at_risk_leave_out_who_left_before_the_first_event(monkeypatch, small):
    """Counted one by one; whoever is at risk at no event time counts nowhere, in a large cohort as in a small one."""
    monkeypatch.setattr(likelihood, "SMALL", small)
    time, event = np.array([1.0, 2, 2, 3, 5, 6]), np.array([False, True, False, True, False, True])
    sets = likelihood.RiskSets(np.arange(6.0)[:, None], time, event, None, np.ones(6), np.zeros(6, dtype=int))
    values = np.array([[7.0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1]])
    due = [[row[time >= at].sum() for row in values] for at in (2, 3, 6)]
    assert sets.at_risk_sums(values[:, sets.order]).tolist() == due
