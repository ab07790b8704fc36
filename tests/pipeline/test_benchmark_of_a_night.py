"""The benchmark of a night names the step that became slower, and only that."""

from __future__ import annotations

from benchmarks.night import shares, slower


def figures(first: float, third: float, release: float) -> dict:
    return {
        "first": {"cpu_seconds": first, "steps": {"release": release, "report": 0.2}},
        "third": {"cpu_seconds": third, "steps": {"release": 1.0}},
    }


def test_a_step_that_became_slower_is_named_with_both_times():
    assert slower(figures(100, 20, 30), figures(99, 20, 10)) == ["first night, release: 10.0 s -> 30.0 s"]


def test_a_step_that_is_new_and_takes_seconds_is_named():
    before = figures(100, 20, 30)
    del before["first"]["steps"]["release"]
    assert slower(figures(100, 20, 30), before) == ["first night, release: 0.0 s -> 30.0 s"]


def test_what_is_within_a_quarter_or_a_second_is_not():
    assert slower(figures(124, 20.9, 12.4), figures(100, 20, 10)) == []


def test_the_worst_stands_first():
    assert slower(figures(200, 20, 30), figures(100, 20, 10)) == [
        "first night, whole program: 100.0 s -> 200.0 s",
        "first night, release: 10.0 s -> 30.0 s",
    ]


def test_later_nights_are_told_in_shares_of_the_first():
    assert shares(figures(200, 30, 1)).endswith("first night 1.00, no news 0.15")
