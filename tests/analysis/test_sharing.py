"""Shared tasks: each is done once, by one of two, and the results stand in the order of the tasks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cartwright.analysis.sharing import shared


@pytest.mark.parametrize(("our_seconds", "their_seconds"), [(0, 0), (0.01, 0), (0, 0.01)])
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_each_task_is_done_once_whoever_is_faster(count, our_seconds, their_seconds):
    done = []

    def by(who, seconds):
        def work(task):
            time.sleep(seconds)
            done.append(task)
            return who, task * 10

        return work

    with ThreadPoolExecutor(1) as beside:
        found = shared(range(count), by("ours", our_seconds), by("theirs", their_seconds), beside)
    assert [result for _, result in found] == [task * 10 for task in range(count)]
    assert sorted(done) == list(range(count))


def test_both_work_where_both_take_time():
    with ThreadPoolExecutor(1) as beside:
        found = shared(range(20), lambda task: time.sleep(0.01), lambda task: time.sleep(0.01) or "theirs", beside)
    assert 0 < found.count("theirs") < 20
    assert found == ["theirs"] * found.count("theirs") + [None] * found.count(None), "they meet once"


@pytest.mark.parametrize("task", [0, 19], ids=["of theirs", "of ours"])
def test_what_a_task_raises_is_raised_and_nothing_is_begun_after_it(task):
    begun = []

    def fails(one):
        begun.append(one)
        time.sleep(0.01)
        if one == task:
            raise ArithmeticError("planted")

    with ThreadPoolExecutor(1) as beside, pytest.raises(ArithmeticError, match="planted"):
        shared(range(20), fails, fails, beside)
    assert task == 0 or len(begun) < 20
