"""Whether Spark's tables are DuckDB's: types column by column, rows cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cartwright.orchestration.spark.models import files_of, rows_of
from cartwright.warehouse.one_row import one_value

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Compared:
    """A table: its rows in DuckDB, rows that only one engine has, and columns that differ in name or type."""

    table: str
    rows: int
    only_duckdb: int = 0
    only_spark: int = 0
    columns: tuple[str, ...] = ()
    is_missing: bool = False

    @property
    def is_equal(self) -> bool:
        return not (self.is_missing or self.columns or self.only_duckdb or self.only_spark)

    def __str__(self) -> str:
        if self.is_missing:
            return f"{self.table}: not built by Spark"
        if self.columns:
            return f"{self.table}: columns differ: {', '.join(self.columns)}"
        return f"{self.table}: of {self.rows} rows {self.only_duckdb} only by DuckDB, {self.only_spark} only by Spark"


def compare(con: duckdb.DuckDBPyConnection, table: str, tables: Path) -> Compared:
    """A table of the file `con` beside the one that Spark left. The order of rows does not count, their number does."""
    rows = int(one_value(con.execute(f"SELECT count(*) FROM {table}")))
    if not any(files_of(tables, table).glob("*.parquet")):
        return Compared(table, rows, is_missing=True)
    ours, theirs = f"SELECT * FROM {table}", rows_of(tables, table)
    own, other = _columns(con, ours), _columns(con, theirs)
    if list(own.items()) != list(other.items()):
        names = [name for name in {**own, **other} if own.get(name) != other.get(name)]
        words = (f"{name} {own.get(name, 'none')} / {other.get(name, 'none')}" for name in names)
        return Compared(table, rows, columns=tuple(words) or ("their order",))
    only_ours, only_theirs = (
        int(one_value(con.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {two})")))
        for one, two in ((ours, theirs), (theirs, ours))
    )
    return Compared(table, rows, only_ours, only_theirs)


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {query}").fetchall()}
