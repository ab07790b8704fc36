"""How one value reads in a table of text: NULL told from empty, no control character ever sent to a terminal."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

NULL = "NULL"
# Controls of terminals, and of the direction of writing: they would move the cursor, recolour or reorder what is read.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def text_of(value: object) -> str:
    """One line of text. An empty text, and one that could be taken for NULL or for quotes, stands in quotes."""
    if value is None:
        return NULL
    if isinstance(value, str):
        shown = value if value.isprintable() else _CONTROL.sub(_escaped, value)
        return f'"{shown}"' if shown in ("", NULL) or shown[0] == '"' else shown
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return _CONTROL.sub(_escaped, str(value))


def is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def may_be_elided(value: object) -> bool:
    """Half a number, date or truth value would read as another one; half a text with a mark does not."""
    return isinstance(value, str | bytes | list | dict | tuple)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
