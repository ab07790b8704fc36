"""How many threads a file gets."""

import duckdb
import pytest

from cartwright.warehouse.threads import SMALL, spare


@pytest.mark.parametrize(
    ("rows", "is_one"),
    [(0, False), (1, True), (SMALL, True), (SMALL + 1, False)],
    ids=["may be filled at once", "one row", "the largest small table", "a row more"],
)
def test_a_file_of_small_tables_gets_one_thread(rows: int, is_one: bool) -> None:
    with duckdb.connect(":memory:", config={"threads": 2}) as con:
        con.execute(f"CREATE TABLE empty (n INTEGER); CREATE TABLE filled AS SELECT n FROM range({rows}) AS t (n)")
        assert spare(con) is is_one
        assert con.execute("SELECT current_setting('threads')").fetchone() == (1 if is_one else 2,)


def test_the_hospital_beside_a_study_counts() -> None:
    with duckdb.connect(":memory:", config={"threads": 2}) as con:
        con.execute("CREATE TABLE own AS SELECT 1 AS n; ATTACH ':memory:' AS hospital_file")
        con.execute(f"CREATE TABLE hospital_file.large AS SELECT n FROM range({SMALL + 1}) AS t (n)")
        assert not spare(con)
