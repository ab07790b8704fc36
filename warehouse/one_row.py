"""The answer of a query that always gives one row: a count, an aggregate, a table that holds a single line."""

from __future__ import annotations

from typing import Any, Protocol


class Answer(Protocol):
    """What a query gave: duckdb's connection or relation."""

    def fetchone(self) -> tuple[Any, ...] | None: ...


def one_row(answer: Answer) -> tuple[Any, ...]:
    """The row. Raises LookupError when there is none: the query was not what its caller took it for."""
    row = answer.fetchone()
    if row is None:
        raise LookupError("a query that always gives a row gave none")
    return row


def one_value(answer: Answer) -> Any:
    """The value of the single column of that row."""
    (value,) = one_row(answer)
    return value
