"""Exact tests of tables of more than two columns: every table with the observed margins counts, as in R."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import random_table

from cartwright.analysis.methods.compare import contingency, contingency_test
from cartwright.analysis.methods.estimate import Drawn

NINE, TWELVE = ((3, 0, 2), (1, 4, 2), (2, 1, 5)), ((4, 2, 0, 3), (0, 1, 2, 1), (1, 5, 2, 1))


@pytest.mark.parametrize("table", [NINE, TWELVE])
@pytest.mark.parametrize("test", ["fisher", "midp"])
def test_exact_tests_of_larger_tables_count_every_table_with_these_margins(table, test):
    """By listing them: cell by cell, and those whose margins are not the observed ones are thrown away."""
    seen = np.array(table)
    rows, columns = seen.sum(axis=1), seen.sum(axis=0)
    fillings = [
        [row for row in product(range(max(columns) + 1), repeat=len(columns)) if sum(row) == total] for total in rows
    ]
    tables = [one for one in product(*fillings) if (np.sum(one, axis=0) == columns).all()]
    weights = np.array([math.prod(1 / math.factorial(cell) for row in one for cell in row) for one in tables])
    own = math.prod(1 / math.factorial(cell) for row in table for cell in row)
    is_same = np.isclose(weights, own)
    due = weights[(weights < own) | is_same].sum() - (0.5 * weights[is_same].sum() if test == "midp" else 0)
    assert contingency_test(table, test).p == pytest.approx(due / weights.sum())


def test_fishers_test_of_larger_tables_is_that_of_r():
    """fisher.test(matrix(c(3,1,2,0,4,1,2,2,5),3)) and fisher.test(matrix(c(4,0,1,2,1,5,0,2,2,3,1,1),3))"""
    assert contingency_test(NINE, "fisher").p == pytest.approx(0.179918378834785, rel=1e-12)
    assert contingency_test(TWELVE, "fisher").p == pytest.approx(0.152698694494358, rel=1e-12)


def test_as_many_tables_as_may_be_listed_are_listed(monkeypatch):
    """Two of four and two of four: the first cell can be 0, 1 or 2."""
    table = ((2, 0), (0, 2))
    monkeypatch.setattr(contingency, "MOST_TABLES", 3)
    assert contingency_test(table, "midp").method == "midp"
    monkeypatch.setattr(contingency, "MOST_TABLES", 2)
    assert contingency_test(table, "midp").method == "midp, simulated"


@pytest.mark.parametrize(("test", "p"), [("fisher", (2 + 1) / (4 + 1)), ("midp", (2 - 1 + 1) / (4 + 1))])
def test_of_tables_that_are_drawn_those_no_more_probable_count_and_the_observed_one(monkeypatch, test, p):
    """(2, 0, 0) over (0, 1, 1) has 1 of 6 ways, as has (0, 1, 1) over (2, 0, 0); (1, 1, 0) over (1, 0, 1) has 2."""
    seen, other, likelier = [[2, 0, 0], [0, 1, 1]], [[0, 1, 1], [2, 0, 0]], [[1, 1, 0], [1, 0, 1]]
    monkeypatch.setattr(contingency, "MOST_TABLES", 2)
    monkeypatch.setattr(contingency, "DRAWS", 4)
    monkeypatch.setattr(random_table, "rvs", lambda *_, **__: np.array([seen, likelier, likelier, other]))
    found = contingency_test(seen, test)
    assert (found.p, found.drawn) == (pytest.approx(p), Drawn(4, p=pytest.approx(math.sqrt(p * (1 - p) / 4))))
    assert (found.method, found.flag) == (f"{test}, simulated", "simulated from 4 tables")
    assert math.isnan(found.value)


def test_the_same_table_is_drawn_the_same_and_comes_near_the_whole_list(monkeypatch):
    listed = contingency_test(NINE, "fisher").p
    monkeypatch.setattr(contingency, "MOST_TABLES", 2)
    first, again = contingency_test(NINE, "fisher"), contingency_test(NINE, "fisher")
    assert first.p == again.p
    assert abs(first.p - listed) < 4 * first.drawn.p
