"""A column of a release is named by what it holds, as docs/developing.md says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from houses import House

pytestmark = pytest.mark.slow
ENDINGS = {"DATE": "_date", "TIMESTAMP WITH TIME ZONE": "_at", "TIMESTAMP": "_at"}


def is_flag(name: str) -> bool:
    return name.startswith(("is_", "has_"))


def misnamed(release: Path) -> list[tuple[str, str, str]]:
    """Table, column and type; those that CDISC names are CDISC's."""
    with duckdb.connect(str(release), read_only=True) as con:
        columns = con.execute(
            "SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns "
            "WHERE NOT (table_schema IN ('adam', 'sdtm') AND column_name IN "
            "('adt', 'astdt', 'aendt', 'ldt', 'rdt', 'startdt'))"
        ).fetchall()
    assert columns
    return [
        (table, name, kind)
        for table, name, kind in columns
        if is_flag(name) != (kind == "BOOLEAN")
        or not name.endswith(ENDINGS.get(kind, ""))
        or (name.endswith("_date") and kind != "DATE")
        or (name.endswith("_at") and not kind.startswith("TIMESTAMP"))
    ]


def test_flags_days_and_moments_are_told_by_their_names(house: House) -> None:
    assert misnamed(house.place.current_db) == []


def test_a_name_that_tells_something_else_is_found(tmp_path: Path) -> None:
    path = tmp_path / "release.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            "CREATE TABLE t (is_alive BOOLEAN, died_date DATE, seen_at TIMESTAMP, alive BOOLEAN, has_scan INTEGER, "
            "died DATE, due_date VARCHAR, seen TIMESTAMP, told_at DATE)"
        )
    assert [name for _, name, _ in misnamed(path)] == ["alive", "has_scan", "died", "due_date", "seen", "told_at"]
