"""Conditions that contracts and studies give by their words alone: a key, a list of codes, limits. SQL of a row `t`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def repeated(table: str, columns: Sequence[str], among: str = "true") -> str:
    """Another row of the table (of those `among`: of row d) has the same values; two unknown ones are the same."""
    listed = ", ".join(f"d.{name}" for name in columns)
    same = " and ".join(f"twice.{name} is not distinct from t.{name}" for name in columns)
    twice = f"select {listed} from {table} as d where {among} group by {listed} having count(*) > 1"
    return f"exists (select 1 from ({twice}) as twice where {same})"


def empty(columns: Iterable[str]) -> str:
    """One of the columns has no value."""
    return " or ".join(f"t.{name} is null" for name in columns)


def unlisted(column: str, codes: Iterable[str]) -> str:
    """The column has a code, and it is none of these."""
    return f"t.{column} not in ({', '.join(map(literal, sorted(codes)))})"


def outside(column: str, low: float | None, high: float | None) -> str:
    """The column lies below or above its limits; without one it is open there."""
    limits = ((f"t.{column} < {low}", low), (f"t.{column} > {high}", high))
    return " or ".join(words for words, limit in limits if limit is not None)


def pointless(column: str, table: str, target: str) -> str:
    """The column is empty, or no row of the other table has its value."""
    return f"not exists (select 1 from {table} as l where l.{target} = t.{column})"


def literal(text: str) -> str:
    """The text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"
