"""What a later step of a study made stands while its inputs are what they were, and no longer."""

from __future__ import annotations

import duckdb
import pytest

from cartwright.warehouse.built import made
from cartwright.warehouse.store_tables import statements


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for statement in statements(["built.made"]):
        con.execute(statement)
    con.execute("CREATE TABLE subject AS FROM (VALUES ('CW-1', 3.1), ('CW-2', NULL)) AS t(usubjid, months)")
    return con


def test_another_order_of_rows_is_the_same_content(con):
    before = made.content(con, ["subject"])
    con.execute("CREATE OR REPLACE TABLE subject AS FROM subject ORDER BY usubjid DESC")
    assert made.content(con, ["subject"]) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subject SET months = 3.2 WHERE usubjid = 'CW-1'",
        "UPDATE subject SET months = 0 WHERE usubjid = 'CW-2'",
        "INSERT INTO subject FROM subject",
        "DELETE FROM subject WHERE usubjid = 'CW-2'",
        "ALTER TABLE subject RENAME months TO days",
    ],
)
def test_any_other_value_row_or_column_is_another(con, change):
    before = made.content(con, ["subject"])
    con.execute(change)
    assert made.content(con, ["subject"]) != before


def test_what_else_decides_and_the_program_count(con, monkeypatch):
    before = made.content(con, ["subject"], "night")
    assert made.content(con, ["subject"], "full") != before
    monkeypatch.setattr(made, "code_digest", lambda: "another program")
    assert made.content(con, ["subject"], "night") != before


def test_a_step_that_began_and_did_not_end_was_not_made(con):
    assert not made.made_of(con, made.STATISTICS)
    made.enter(con, made.STATISTICS, "inputs")
    assert made.made_of(con, made.STATISTICS) == "inputs"
    made.forget(con, made.STATISTICS)
    assert not made.made_of(con, made.STATISTICS)


def test_what_was_made_of_nothing_named_is_never_what_stood_there_before(con):
    made.enter(con, made.MODELS)
    before = made.made_of(con, made.MODELS)
    made.enter(con, made.MODELS)
    assert made.made_of(con, made.MODELS) not in ("", before)


def test_an_answer_stands_while_question_and_tables_are_the_same(con):
    made.enter(con, made.MODELS)
    assert not made.judged_by(con, made.TESTS, "is it unique")
    made.enter_judged(con, made.TESTS, "is it unique", "tonight")
    assert made.judged_by(con, made.TESTS, "is it unique") == "tonight"
    assert not made.judged_by(con, made.TESTS, "is it known")
    made.enter(con, made.MODELS)
    assert not made.judged_by(con, made.TESTS, "is it unique"), "the tables are other ones"
