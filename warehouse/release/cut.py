"""What a release shows of the hospital's tables: nothing that happened after the data cut of its study.

The hospital builds its tables once, up to the latest cut of its studies. The tables of a study are derived at its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

_DECLARED = Path(__file__).with_name("published_dates.yml")
_SCHEMAS = ("sdtm", "facts")
_DEATH_FLAG, _DEATH_DAY = "dthfl", "dthdtc"  # one says what the other dates
_CUT = "(SELECT max(data_cut_date) FROM meta.build)"  # of its one row


@cache
def _declared() -> dict[str, str]:
    """What is shown in place of a later day (`none`, `cut`), by column name or `schema.table.column`."""
    return {
        name: shown for shown, names in yaml.safe_load(_DECLARED.read_text(encoding="utf-8")).items() for name in names
    }


def conditions(table: str, columns: Mapping[str, str]) -> list[str]:
    """SQL conditions on a row `t` that leave out what was known later. columns: name -> type in DuckDB's words."""
    return [
        f"{_is_later(name, kind)} IS NOT TRUE"
        for name, kind in _days(table, columns).items()
        if _in_place_of(table, name) is None
    ]


def shown(table: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Column -> SQL in its place, for the days of a row `t` that stays although they lie after the cut."""
    found = {}
    for name, kind in _days(table, columns).items():
        match _in_place_of(table, name):
            case "none":
                found[name] = _none_where_later(name, name, kind)
            case "cut":
                found[name] = f'least(t."{name}", {_CUT})'
    if _DEATH_DAY in found and _DEATH_FLAG in columns:
        found[_DEATH_FLAG] = _none_where_later(_DEATH_FLAG, _DEATH_DAY, columns[_DEATH_DAY])
    return found


def _days(table: str, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns of a hospital's table that hold a day or a part of one (ISO 8601 in SDTM's columns)."""
    if table.partition(".")[0] not in _SCHEMAS:
        return {}
    return {
        name: kind
        for name, kind in columns.items()
        if kind == "DATE" or kind.startswith("TIMESTAMP") or (kind == "VARCHAR" and name.endswith("dtc"))
    }


def _in_place_of(table: str, name: str) -> str | None:
    return _declared().get(f"{table}.{name}") or _declared().get(name)


def _none_where_later(name: str, day: str, kind: str) -> str:
    return f'CASE WHEN {_is_later(day, kind)} IS NOT TRUE THEN t."{name}" END'


def _is_later(name: str, kind: str) -> str:
    """Whether all that a day can be lies after the cut; a text that is no day is not, and the guard will see it."""
    if kind != "VARCHAR":
        return f'CAST(t."{name}" AS DATE) > {_CUT}'
    day = f'left(t."{name}", 10)'
    is_day = f"regexp_full_match({day}, '[0-9]{{4}}(-[0-9]{{2}}){{0,2}}')"
    return f"({is_day} AND {day} > left(CAST({_CUT} AS VARCHAR), length({day})))"
