"""The sentences of the answer follow the estimates and their limits, by the rules told in analysis/report/answer.py."""

from types import SimpleNamespace

import pytest

from cartwright.analysis.plan.definition import Level
from cartwright.analysis.plan.run import compute
from cartwright.analysis.report.answer import answer, of_shares, of_times, outputs_answering
from cartwright.analysis.report.view import View
from tiny import EVERYBODY, groups, patients, times

NAN = float("nan")


class One:
    """An analysis with the result rows that a rule reads, and nothing else of a night."""

    def __init__(self, *rows, labels=("A", "B"), **about):
        self.analysis_id, self.title, self.endpoint_name = "x", "Curves", "Overall survival"
        self.groups = tuple(Level(label.lower(), label) for label in labels)
        self.variables, self.ard = (), [SimpleNamespace(**{**BLANK, **row}) for row in rows]
        self.__dict__.update(about)

    def rows(self, statistic, **where):
        wanted = {"statistic": statistic, **where}
        return [row for row in self.ard if all(getattr(row, name) == value for name, value in wanted.items())]

    def one(self, statistic, **where):
        return next(iter(self.rows(statistic, **where)), None)

    due = one


BLANK = {"group_level": None, "variable": None, "variable_level": None, "flag": None, "n": 40, "events": 10}


def median(group, value, low=1.0, high=9.0, **more):
    limits = {"value": value, "ci_low": low, "ci_high": high}
    return {"statistic": "median_survival_months", "group_level": group, **limits, **more}


def ratio(value, low, high, **more):
    return One({"statistic": "hr", "value": value, "ci_low": low, "ci_high": high, "n": 80, "events": 20, **more})


TWO = One(median("a", 8.24), median("b", 3.0, 2.04, NAN))


def said(sentence):
    return "".join(piece.text for piece in sentence)


@pytest.mark.parametrize(
    ("limits", "begins"),
    [
        ((0.20, 0.999), "Overall survival was longer with A than with B: median 8.2 months"),
        ((1.001, 2.00), "Overall survival was shorter with A than with B: median 8.2 months"),
        ((0.20, 1.000), "It is open whether overall survival is longer with A or with B: median 8.2 months"),
        ((1.000, 2.00), "It is open whether overall survival is longer with A or with B: median 8.2 months"),
    ],
)
def test_a_difference_is_told_only_when_both_limits_lie_on_one_side_of_one(limits, begins):
    assert said(of_times(TWO, ratio(0.9, *limits))).startswith(begins)


def test_the_whole_sentence_has_medians_ratio_limits_and_size():
    assert said(of_times(TWO, ratio(0.356, 0.215, 0.590))) == (
        "Overall survival was longer with A than with B: median 8.2 months (95 % limits 1.0 to 9.0) against 3.0 months "
        "(95 % limits 2.0 to not reached); hazard ratio 0.36, 95 % limits 0.22 to 0.59 (20 events in 80 patients)."
    )


def test_what_is_open_says_how_far_it_may_go_either_way():
    assert "from 0.55, longer with A, to 1.30, longer with B" in said(of_times(TWO, ratio(0.85, 0.55, 1.3)))


@pytest.mark.parametrize("limits", [(NAN, 0.5), (0.2, NAN), (NAN, NAN)])
def test_without_a_limit_nothing_is_judged(limits):
    sentence = said(of_times(TWO, ratio(0.3, *limits)))
    assert sentence.startswith("Whether overall survival differs between A and B cannot be judged")
    assert sentence.endswith("no ratio with limits could be estimated.")
    assert "longer" not in sentence


def test_what_a_result_flags_ends_its_sentence():
    assert said(of_times(TWO, ratio(0.3, 0.2, 0.5, flag="a single event"))).endswith("; a single event.")


def test_one_group_and_three_groups_have_medians_only():
    alone = One(median("all", 8.24), labels=("All",))
    assert said(of_times(alone, None)).startswith("Median overall survival: 8.2 months (95 % limits 1.0 to 9.0)")
    three = One(median("a", 8.0), median("b", NAN), median("c", 1.0, n=0), labels=("A", "B", "C"))
    assert said(of_times(three, None)) == (
        "Median overall survival: 8.0 months (95 % limits 1.0 to 9.0) with A; not reached (10 events in 40) with B; "
        "no patients with C."
    )


def shares(difference, low, high):
    where = {"variable": "is_responder", "variable_level": "true"}
    found = [
        {"statistic": name, "group_level": group, "value": value, "ci_low": 0.1, "ci_high": 0.9, **where}
        for group, count, share in (("a", 30, 0.75), ("b", 10, 0.25))
        for name, value in (("count", count), ("proportion", share))
    ]
    found.append({"statistic": "difference", "value": difference, "ci_low": low, "ci_high": high, **where})
    variable = SimpleNamespace(name="is_responder", level="true", label="Overall response")
    return One(*found, variables=(variable,))


@pytest.mark.parametrize(
    ("difference", "begins"),
    [
        ((0.5, 0.001, 0.7), "Overall response was seen more often with A than with B: 30 of 40, 75.0 %"),
        ((-0.5, -0.7, -0.001), "Overall response was seen less often with A than with B"),
        ((0.5, 0.0, 0.7), "It is open whether overall response is more frequent with A or with B"),
        ((0.5, NAN, 0.7), "Whether overall response differs between A and B cannot be judged"),
    ],
)
def test_shares_follow_the_limits_of_their_difference(difference, begins):
    assert said(of_shares(shares(*difference))).startswith(begins)


def test_no_sentence_speaks_of_significance():
    every = [ratio(*limits) for limits in ((0.3, 0.2, 0.5), (0.9, 0.5, 1.2), (2, 1.5, 3), (NAN, NAN, NAN))]
    assert not any("significan" in said(of_times(TWO, compared)) for compared in every)


CURVES = {
    "time": "duration_days",
    "conf_type": "log",
    "rule": "r",
    "month_days": "365/12",
    "figure": "km",
    "at_risk_months": 1,
}
BY_GROUP = {"population": "everybody", "group_by": "group_code", "group_levels": groups("a", "b"), "endpoint": "OS"}


@pytest.fixture(scope="module")
def night():
    """Ten patients of each of two groups, the second dying sooner but for one; three curves, one with a ratio."""
    adsl = patients(group_code=["a"] * 10 + ["b"] * 10)
    adtte = times([*range(200, 300, 10), *range(20, 110, 10), 400], [1] * 20)
    rows = [
        ("first", "survival.first", "km", {**CURVES, "headline": True}),
        ("second", "survival.second", "km", {**CURVES, "headline": True}),
        ("second_cox", "survival.second", "hr_cox", {"time": "duration_days", "ties": "efron", "headline": True}),
        ("third", "survival.third", "km", {**CURVES, "headline": True}),
    ]
    plan = [
        {
            "analysis_id": name,
            "output_id": output,
            "seq": seq,
            "kind": kind,
            "title": name,
            **BY_GROUP,
            "options": options,
        }
        for seq, (name, output, kind, options) in enumerate(rows)
    ]
    return compute({"adsl": adsl, "adtte": adtte}, [EVERYBODY], plan)


def view(night, **numbers):
    names = ("first", "second", "third")
    return View(
        night,
        [
            {"output_id": f"survival.{name}", "seq": seq, "kind": "figure", "title": name, "answer": numbers.get(name)}
            for seq, name in enumerate(names)
        ],
    )


def test_a_plan_that_numbers_none_is_answered_by_its_first_two_curves(night):
    assert outputs_answering(view(night)) == ["survival.first", "survival.second"]


def test_a_plan_that_numbers_outputs_is_answered_in_that_order(night):
    assert outputs_answering(view(night, third=1, second=2)) == ["survival.third", "survival.second"]


def test_every_number_of_the_answer_names_its_analysis(night):
    (sentence,) = answer(view(night, second=1))
    assert {piece.source for piece in sentence if piece.source} == {"second", "second_cox"}
    assert said(sentence).startswith("OS was longer with A than with B")
