"""A number and what it counts, in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`, `1,000 rows`. many: the words for several, where they are not those for one and an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
