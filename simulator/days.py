"""Calendar days as integers (proleptic ordinals, as `date.toordinal`), the dates of the study, and their text.

Everything inside the simulator counts in whole days; dates become text only where a record is made.
"""

from __future__ import annotations

from datetime import date
from functools import cache


def day(text: str) -> int:
    """`2022-08-31` -> ordinal."""
    return date.fromisoformat(text).toordinal()


@cache
def iso(ordinal: int) -> str:
    """Ordinal -> `2022-08-31`."""
    return date.fromordinal(ordinal).isoformat()


@cache
def clock(minute: int) -> str:
    """Minute of the day -> `HH:MM`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def stamp(ordinal: int, minute: int) -> str:
    """Hospital wall clock, `2022-08-31 09:05`. Minutes past midnight run into the following days."""
    return f"{iso(ordinal + minute // 1440)} {clock(minute % 1440)}"


DATA_CUT = day("2022-08-31")
ENROL_FROM = day("2019-12-01")
ENROL_TO = day("2022-05-31")
GO_LIVE = day("2022-08-16")  # the night of the first delivery, which brings everything known until then
NIGHTS = 30  # nightly deliveries that follow it
