"""Rows of a table one by one, as code that puts words or figures together reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


def records(table: DataFrame) -> list[dict[str, Any]]:
    """Each row by the names of its columns."""
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.itertuples(index=False, name=None)]
