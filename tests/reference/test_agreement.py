"""Every golden value of R is met within the promised difference, and the published page says so."""

import pytest

import agreement
import ours


@pytest.fixture(scope="module")
def table():
    return agreement.comparison()


@pytest.mark.parametrize("part", ours.PARTS)
def test_every_value_agrees_with_r_as_promised(part):
    table = agreement.comparison(part)
    assert not table.empty
    table = table[~table["is_known"]].assign(goal=table["method"].map(agreement.goal))
    missed = table[table["difference"] > table["goal"]]
    assert missed.empty, missed.head(20).to_string()


def test_there_are_at_least_ten_public_data_sets(table):
    public = set(table["set"]) - {
        "flat_half",
        "exact_half",
        "no_events",
        "one_event",
        "one_time",
        "censored_at_once",
        "all_die",
        "counts",
    }
    assert len(public) >= 10


def test_known_differences_still_exist(table):
    known = table[table["is_known"]]
    assert len(known) == len(agreement.KNOWN)
    assert (known["difference"] > 1e-6).all(), "a known difference is gone: take it off the list"


def test_the_published_page_is_up_to_date(table):
    assert agreement.PAGE.read_text() == agreement.page(table), "run: python tests/reference/agreement.py"
