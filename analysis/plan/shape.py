"""The shapes of what a plan leaves open: entries of a variable, of a level and of the options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple

Place = tuple[str | int, ...]
Problem = tuple[Place, str, str]  # where, what is wrong, what to do


class Shape(NamedTuple):
    """What stands in a place: in words, and whether a value is it."""

    words: str
    fits: Callable[[Any], bool]


def is_number(value: Any) -> bool:
    """A finite number, or a fraction as text: 365/12."""
    try:
        if isinstance(value, float):
            return isfinite(value)
        return not isinstance(value, bool) and Fraction(str(value)) is not None
    except (ValueError, ZeroDivisionError):
        return False


def is_level(level: Any) -> bool:
    """Whether it names a value and says its words."""
    return isinstance(level, dict) and {"level", "label"} <= level.keys()


def _whole_from(least: int) -> Shape:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**31

    return Shape(f"a whole number from {least} on", fits)


def _list_of(inner: Shape, words: str) -> Shape:
    return Shape(words, lambda value: isinstance(value, list) and all(map(inner.fits, value)))


TEXT = Shape("a text", lambda value: isinstance(value, str) and value != "")
FLAG = Shape("true or false", lambda value: isinstance(value, bool))
NUMBER = Shape("a number", is_number)
ENTRIES = Shape("entries `name: value`", lambda value: isinstance(value, dict))
PLAIN = Shape("one value", lambda value: isinstance(value, str | bool) or is_number(value))
COUNT, WHOLE = _whole_from(1), _whole_from(0)
TEXTS = _list_of(TEXT, "a list of texts")
COUNTS = _list_of(COUNT, "a list of whole numbers from 1 on")
ROWS = _list_of(ENTRIES, "a list of rows {name: value}")
LEVELS = _list_of(Shape("", lambda value: not is_level(value) or PLAIN.fits(value["level"])), "a list of levels")
TABLE = _list_of(_list_of(PLAIN, ""), "a list of lists")

OPTIONS = {
    **dict.fromkeys(("conf_type", "denominator", "difference", "estimand", "figure", "interval", "model"), TEXT),
    **dict.fromkeys(("quantiles", "rule", "ties", "weights"), TEXT),
    **dict.fromkeys(("entry", "left_at", "only", "outer_endpoint", "start", "steps", "term", "time", "variable"), TEXT),
    **dict.fromkeys(("bounds", "columns", "sources", "transforms"), TEXTS),
    **dict.fromkeys(("headline", "is_common", "reverse", "smd"), FLAG),
    **dict.fromkeys(("alpha", "month_days", "truncate"), NUMBER),
    **dict.fromkeys(("cycles", "full_imputations", "full_resamples", "imputations", "most"), COUNT),
    **dict.fromkeys(("at_risk_months", "severe_from"), COUNT),
    **dict.fromkeys(("day", "death_day", "grace_days", "resamples", "seed"), WHOLE),
    **dict.fromkeys(("landmarks_months", "tau_months"), COUNTS),
    **dict.fromkeys(("asked_of", "labels", "words"), ENTRIES),
    **dict.fromkeys(("causes", "families", "windows"), ROWS),
    "levels": LEVELS,
    "rows": TABLE,
}
VARIABLE = {
    **dict.fromkeys(("column", "label", "type", "operator", "dataset", "paramcd", "anchor", "asked_of"), TEXT),
    **dict.fromkeys(("compare_column", "compare_anchor", "compare_paramcd", "at_least"), TEXT),
    "value": PLAIN,
    "levels": LEVELS,
    "scale": NUMBER,
    "digits": WHOLE,
    "tests": TEXTS,
    "is_auxiliary": FLAG,
}


def shape_problems(row: Mapping[str, Any]) -> Iterator[Problem]:
    """What of an analysis has no shape that could be read further, at its place in the analysis."""
    yield from _misshapen(("options",), row["options"], OPTIONS)
    if not LEVELS.fits(row["group_levels"]):
        yield ("group_levels",), f"this is not {LEVELS.words}", "write [{level: ..., label: ...}, ...]"
    for number, variable in enumerate(row["variables"]):
        if isinstance(variable, dict):
            yield from _misshapen(("variables", number), variable, VARIABLE)


def _misshapen(place: Place, given: Mapping[str, Any], shapes: Mapping[str, Shape]) -> Iterator[Problem]:
    for name, value in given.items():
        if name in shapes and not shapes[name].fits(value):
            yield (*place, name), f"what stands here is not {shapes[name].words}", f"write {shapes[name].words}"
