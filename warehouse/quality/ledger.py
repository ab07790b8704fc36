"""What became of all records that were ever delivered, summed up."""

from __future__ import annotations

import duckdb

from cartwright.warehouse.one_row import one_row

_PARTS = {"records": "records", "loaded": "loaded", "rejected": "rejected", "duplicates": "duplicate"}


def totals(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """records, loaded, rejected and duplicates of every delivery; 0 before the first."""
    sums = ", ".join(f"coalesce(sum({part}_count), 0)" for part in _PARTS.values())
    found = one_row(con.execute(f"SELECT {sums} FROM quality.delivery_ledger"))
    return dict(zip(_PARTS, map(int, found), strict=True))
