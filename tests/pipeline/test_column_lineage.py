"""Which columns a column comes from is read from the SQL that a model was compiled to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartwright.orchestration.dbt import column_lineage as lineage

SUBJECT, AGED = "model.cartwright.subject", "model.cartwright.aged"
NODES = {
    SUBJECT: {"resource_type": "model", "schema": "sdtm", "alias": "subject", "compiled_code": None},
    AGED: {
        "resource_type": "model",
        "schema": "adam",
        "alias": "aged",
        "depends_on": {"nodes": [SUBJECT]},
        "compiled_code": "WITH s AS (SELECT * FROM build.sdtm.subject) "
        "SELECT usubjid, index_year - birth_year AS age_years, 1 AS one FROM s WHERE sex = 'F'",
    },
}
MANIFEST: dict[str, Any] = {"nodes": NODES, "sources": {}}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("CREATE SCHEMA sdtm")
    con.execute("CREATE TABLE sdtm.subject (usubjid TEXT, birth_year INTEGER, index_year INTEGER, sex TEXT)")
    return con


def test_a_column_comes_from_what_it_is_computed_of(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as beside:
        found = lineage.column_lineage(con, MANIFEST, NODES, tmp_path / "kept.json", beside)
    assert found == {
        AGED: {
            "usubjid": [["sdtm.subject", "usubjid"]],
            "age_years": [["sdtm.subject", "birth_year"], ["sdtm.subject", "index_year"]],
            "one": [],
        }
    }


def test_a_query_that_is_as_it_was_is_not_read_again(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(1) as beside:
        found = lineage.column_lineage(con, MANIFEST, NODES, tmp_path / "kept.json", beside)
        monkeypatch.setattr(lineage, "_trace", lambda query: pytest.fail("it was read again"))
        assert lineage.column_lineage(con, MANIFEST, NODES, tmp_path / "kept.json", beside) == found
