"""What stands for a column that the source does not have: a value of the column's type and codes, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from cartwright.warehouse.hospital.tables import Row, codes_of, mapped_codes
from cartwright.warehouse.intake.contracts import Column, is_missing
from cartwright.warehouse.intake.validate import remedy, value_sql
from cartwright.warehouse.names import unknown
from cartwright.warehouse.store_tables import quoted


def constant_problems(
    table: str, column: Column, value: str, must: bool, rows: dict[str, list[Row]]
) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to do). must: the column has to be filled. rows: the hospital's own by table."""
    if is_missing(value):
        if must:
            yield f"{column.name} must be filled", "write a value"
    elif column.codes:
        known = codes_of(column.codes, rows) | mapped_codes(table, column.name, rows)
        if value not in known:
            yield unknown(f"code of the list {column.codes}", value, known, "map it in code_map.csv")
    elif column.type != "text":
        with duckdb.connect() as con:
            (is_unread,) = con.execute(f"SELECT ({value_sql(column, quoted(value))}) IS NULL").fetchone() or (True,)
        if is_unread:
            what = remedy(column, "wrong_type").replace("send", "write", 1)
            yield f'"{value}" is no {column.type.replace("_", " ")}', what
