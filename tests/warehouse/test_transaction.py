"""The first error of a transaction is the one that is told, whether or not it can still be rolled back."""

import traceback

import duckdb
import pytest

from cartwright.warehouse.transaction import ValueFault, transaction


@pytest.fixture
def con():
    with duckdb.connect() as made:
        made.execute("CREATE TABLE t (a INTEGER)")
        yield made


def _fail(con, statement: str, error: BaseException) -> None:
    with transaction(con):
        con.execute(statement)
        raise error


def test_a_block_that_raises_leaves_nothing(con):
    with pytest.raises(KeyboardInterrupt):
        _fail(con, "INSERT INTO t VALUES (1)", KeyboardInterrupt())
    assert con.execute("FROM t").fetchall() == []


def test_an_error_that_ended_the_transaction_is_told_itself(con):
    """A full disk does: the rollback that followed raised `no transaction is active` over it."""
    with pytest.raises(OSError, match="no space left"):
        _fail(con, "ROLLBACK", OSError("no space left"))
    with transaction(con):
        con.execute("INSERT INTO t VALUES (2)")
    assert con.execute("FROM t").fetchall() == [(2,)]


def test_an_error_that_quotes_a_value_is_told_without_it(con):
    con.execute("CREATE TABLE person (enterprise_no VARCHAR PRIMARY KEY)")
    con.execute("INSERT INTO person VALUES ('CANARY-7')")
    for statement in (
        "INSERT INTO person VALUES ('CANARY-7')",
        "SELECT 'CANARY-7'::INTEGER",
        "SELECT json_keys('CANARY-7')",
    ):
        with pytest.raises(ValueFault) as raised, transaction(con):
            con.execute(statement)
        told = "".join(traceback.format_exception(raised.value))
        assert "Exception)" in str(raised.value)
        assert "CANARY-7" not in told.replace(statement, "")


def test_no_other_place_rolls_back_by_itself():
    from pathlib import Path

    root = Path(__file__).parents[2]
    texts = [path for folder in ("warehouse", "orchestration") for path in (root / folder).glob("*.py")]
    assert [path.name for path in texts if "ROLLBACK" in path.read_text()] == ["transaction.py"]
