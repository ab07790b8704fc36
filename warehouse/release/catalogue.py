"""What a release offers: its tables and columns with their comments."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Entry:
    """One column of one table of a release; the comments are None where nobody wrote one."""

    schema: str
    table: str
    rows: int
    table_comment: str | None
    column: str
    sql_type: str
    column_comment: str | None


def catalogue(con: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Every column of the database that `con` uses (`connect.open_release`), by schema, table and position."""
    found = con.execute("""
        SELECT t.schema_name, t.table_name, t.estimated_size, t.comment, c.column_name, c.data_type, c.comment
        FROM duckdb_tables() AS t JOIN duckdb_columns() AS c USING (database_name, schema_name, table_name)
        WHERE t.database_name = current_database() AND NOT t.temporary
        ORDER BY t.schema_name, t.table_name, c.column_index""").fetchall()
    return [Entry(*row) for row in found]
