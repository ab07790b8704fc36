"""What Dagster shows of a table: rows, columns with their comments, where it stands. Counts and names, never values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dagster as dg
import duckdb

from cartwright.warehouse.one_row import one_value


def describe_tables(con: duckdb.DuckDBPyConnection, schemas: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Metadata by schema.table for every table and view of `schemas`: rows (of tables), columns, identifier."""
    wanted = sorted(set(schemas))
    found = con.execute(
        "SELECT schema_name || '.' || table_name, false FROM duckdb_tables() WHERE list_contains($1, schema_name) "
        "UNION ALL "
        "SELECT schema_name || '.' || view_name, true FROM duckdb_views() WHERE list_contains($1, schema_name)",
        [wanted],
    ).fetchall()
    counts = {table: None if is_view else _rows(con, table) for table, is_view in found}
    columns: dict[str, list[dg.TableColumn]] = {}
    for table, name, kind, comment in con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE list_contains(?, schema_name) ORDER BY schema_name, table_name, column_index",
        [wanted],
    ).fetchall():
        columns.setdefault(table, []).append(dg.TableColumn(name, kind, comment))
    return {
        table: {
            **({} if rows is None else {"dagster/row_count": dg.MetadataValue.int(rows)}),
            "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns[table])),
            "dagster/relation_identifier": table,
        }
        for table, rows in counts.items()
    }


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """The rows of a table; its estimated size counts those deleted."""
    schema, _, name = table.partition(".")
    return one_value(con.execute(f'SELECT count(*) FROM {schema}."{name}"'))


def count(number: int) -> dg.IntMetadataValue:
    """A number that the UI plots over time."""
    return dg.MetadataValue.int(int(number))
