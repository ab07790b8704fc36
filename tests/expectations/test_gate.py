"""Great Expectations executes the checks: verdict, count and keys of one query, and outcomes that are no verdict."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from cartwright.expectations.check import Check, no_row, not_empty
from cartwright.expectations.run import Verdict, import_great_expectations, run

pytestmark = pytest.mark.slow  # Great Expectations takes seconds to import

ABOUT = {"severity": "fatal", "why": "No second row.", "remedy": "Look at the join.", "endangers": "the report"}


@pytest.fixture
def build_file(tmp_path: Path) -> Path:
    """x.many: the numbers 1 to 300, and one row without a number; x.none: no row."""
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE SCHEMA x; CREATE TABLE x.none (number INTEGER)")
        con.execute("CREATE TABLE x.many AS SELECT number::INTEGER AS number FROM range(1, 301) AS r (number)")
        con.execute("INSERT INTO x.many VALUES (NULL)")
    return path


def of(table: str, condition: str, name: str = "rule") -> Check:
    return no_row(f"{table}.{name}", table, ("number",), condition, **ABOUT)


def one(path: Path, check: Check) -> Verdict:
    return run(path, [check])[0]


def test_of_more_failing_rows_than_great_expectations_shows_every_key_is_kept(build_file: Path) -> None:
    verdict = one(build_file, of("x.many", "t.number > 50"))
    assert (verdict.outcome, verdict.failing_count, verdict.checked_count) == ("failed", 250, 301)
    assert sorted(map(int, verdict.failing_keys)) == list(range(51, 301))


@pytest.mark.parametrize("condition", ["t.number > 299", "t.number > 300", "t.number is null", "true", "false", "null"])
def test_a_check_fails_where_it_has_keys_and_only_there(build_file: Path, condition: str) -> None:
    verdict = one(build_file, of("x.many", condition))
    with duckdb.connect(str(build_file), read_only=True) as con:
        due = con.execute(f"SELECT count(*) FROM x.many AS t WHERE {condition}").fetchone()[0]
    assert verdict.failing_count == len(verdict.failing_keys) == due
    assert verdict.outcome == ("failed" if due else "passed")


def test_an_empty_table_is_not_applicable_and_fails_where_rows_were_due(build_file: Path) -> None:
    rule, due = run(build_file, [of("x.none", "true"), not_empty("x.none.rows_due", "x.none", **ABOUT)])
    assert (rule.outcome, rule.failing_count) == ("not_applicable", 0)
    assert (due.outcome, due.failing_count, due.failing_keys) == ("failed", 1, ("x.none",))


def test_a_column_or_table_that_is_missing_is_an_error_and_tells_no_value(build_file: Path) -> None:
    column, table, other = run(
        build_file, [of("x.many", "t.nothing > 1"), of("x.absent", "true"), of("x.many", "t.number = 1", "other")]
    )
    assert (column.outcome, table.outcome, other.outcome) == ("error", "error", "failed")
    assert "could not be evaluated" in column.message
    assert "nothing" not in column.message


@pytest.mark.skipif(find_spec("pyspark") is None, reason="requirements/spark.lock is not installed")
def test_great_expectations_does_not_load_spark() -> None:
    program = (
        "import sys, pyspark; from cartwright.expectations.run import import_great_expectations as load; load();"
        "from great_expectations.compatibility import pyspark as theirs;"
        "print('hidden' if theirs.pyspark is not pyspark else 'found', 'pyspark.sql.connect' in sys.modules)"
    )
    # As the second process of a night: a program without a file, which Spark's client takes for its doctests and ends.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "hidden False\n"


def test_great_expectations_is_told_why_and_what_to_do() -> None:
    _, failing_rows = import_great_expectations()
    told = failing_rows.expectation(of("x.many", "t.number > 1")).configuration.to_json_dict()
    assert told["description"] == "No second row."
    assert told["notes"] == ["Look at the join.", "Endangers the report."]
    assert told["severity"] == "critical"
    assert "t.number > 1" in told["kwargs"]["unexpected_rows_query"]
