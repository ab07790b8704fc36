"""How many threads DuckDB gets for a file: one, where all of its tables are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SMALL = 500_000  # rows: four row groups of DuckDB, of which no two threads share one


def spare(con: duckdb.DuckDBPyConnection) -> bool:
    """Leave out the threads that could only wait, and say whether that was done: DuckDB's wait by spinning, a third of
    the processor time of a small house. A file without rows keeps them, as it may be filled at once."""
    (rows,) = con.execute("SELECT coalesce(max(estimated_size), 0) FROM duckdb_tables()").fetchall()[0]
    is_small = 0 < rows <= SMALL
    if is_small:
        con.execute("SET threads = 1")
    return is_small
