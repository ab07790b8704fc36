"""What the unit texts of the feeds mean: each distinct text is read once, by UCUM and by habits.

UCUM is read by ucumvert (grammar and definitions of UCUM 2.2); habits of laboratories stand in feeds/units.yaml, what
one hospital alone writes in its folder (unit.csv), which decides by itself. The readings are rows
of `ingest.unit_reading`, which never leaves the build file; the models decide which of them fits what was measured.
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import yaml

from cartwright.warehouse.intake.contracts import FEEDS_DIR

HABITS = FEEDS_DIR / "units.yaml"
# Where a feed brings units as text, and values that may carry one behind the number.
_TEXTS = """
    SELECT unit_text AS text FROM raw.lis_lab_result
    UNION SELECT unit_text FROM raw.lis_flow_cytometry
    UNION SELECT dose_unit FROM raw.ehr_drug_administration
    UNION SELECT {behind} FROM raw.lis_lab_result
    UNION SELECT {behind} FROM raw.lis_flow_cytometry"""
# What may be a unit behind the number, up to a blank: a mark of an abnormal value can follow.
_BEHIND = r"regexp_extract(replace(value_text, '％', '%'), '^[^A-Za-zµμ%/\[]*[0-9０-９][^A-Za-zµμ%/\[]*(\S{1,20})', 1)"
_POWER = re.compile(r"^(?:[xX*]\s*)?10\s*(?:\^|\*{1,2}|[eExX]|\s)\s*\(?(\d{1,2})\)?(?=[\s/.]|$)")
_POWER_ALONE = re.compile(r"^(?:[xX*]\s*)?(?:[eE]\s*|10\()(\d{1,2})\)?(?=[\s/.]|$)")
_SUPERSCRIPT = re.compile(r"10\s*([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})")
_ONE_AT_A_TIME = threading.Lock()  # the library builds one registry for the process; studies are read side by side
_NUMBERS = ("1", "100", "1000", "1000000")
_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_ANNOTATION_ALONE = re.compile(r"(^|(?<=[/.(]))\{[^{}]*\}")
# A unit is short and of small powers. The library would work out any: 10*99999999 takes it minutes.
_LONGEST, _HIGHEST_POWER = 60, 30
_COUNTED = re.compile(r"^(10\*\d+)[ .]*(?:cells?|zellen|count|个)(?=/|$)", re.IGNORECASE)
# Base units of the library and of ours; a unit of any other is none that is understood.
_BASE_NAMES = {"kilogram": "kg", "meter": "m", "second": "s", "mole": "mol"}


@dataclass(frozen=True)
class Reading:
    """One meaning of a unit text: a unit in UCUM that is `factor` of `base_unit` (of kg, m, s, mol, eq, [iU])."""

    ucum: str
    base_unit: str
    factor: float


def refresh(con: duckdb.DuckDBPyConnection, spellings: Mapping[str, str]) -> int:
    """Read the unit texts of the raw tables that were not read before; returns how many those were.

    `spellings`: units as the hospital writes them -> UCUM. A text that means nothing has one row without a unit.
    Everything is read anew when a list, this module or the library changed.
    """
    list_id = _list_id(spellings)
    con.execute("DELETE FROM ingest.unit_reading WHERE list_id <> ?", [list_id])
    new = con.execute(
        f"SELECT text FROM ({_TEXTS.format(behind=_BEHIND)}) WHERE text <> '' AND text NOT IN "
        "(SELECT unit_text FROM ingest.unit_reading) ORDER BY text"
    ).fetchall()
    rows: list[tuple[Any, ...]] = []
    for (text,) in new:
        found = read(text, spellings)
        rows += [(text, r.ucum, r.base_unit, r.factor, list_id) for r in found] or [(text, None, None, None, list_id)]
    if rows:
        con.executemany("INSERT INTO ingest.unit_reading VALUES (?, ?, ?, ?, ?)", rows)
    return len(new)


def read(text: str, spellings: Mapping[str, str] = MappingProxyType({})) -> tuple[Reading, ...]:
    """Every meaning of a unit text, the one by UCUM first; none when nobody could mean anything by it.

    What the hospital's own list says of a text is its only meaning.
    """
    readings: dict[tuple[str, str], Reading] = {}
    for candidate in dict.fromkeys([spellings[text]] if text in spellings else _candidates(text)):
        reading = _by_ucum(candidate)
        if reading:
            readings.setdefault((reading.base_unit, f"{reading.factor:.9g}"), reading)
    return tuple(readings.values())


def is_ucum(text: str) -> bool:
    """Whether a text is a unit of UCUM that a hospital can mean."""
    return _by_ucum(text) is not None


def _candidates(text: str) -> list[str]:
    """What the text would be in UCUM: as it stands, and by habit. What stands in braces is one by UCUM; where the words
    in them are a unit by habit (`{percent}`), it may be meant."""
    if len(text) > _LONGEST:
        return []
    folded = _fold(text)
    said = _ANNOTATION.fullmatch(folded)
    return [folded, *_by_habit(folded), *([said[1], *_by_habit(said[1])] if said else [])]


def _fold(text: str) -> str:
    """One spelling for signs, blanks and powers of ten: `× 10⁹ / L` is `10*9/L`."""
    text = _SUPERSCRIPT.sub(lambda found: "10^" + unicodedata.normalize("NFKC", found[1]), text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(_habits()["signs"].get(sign, sign) for sign in text)
    text = re.sub(r"\s+per\s+", "/", text.strip(), flags=re.IGNORECASE)
    text = re.sub(r"\s*([/^()])\s*", r"\1", text).rstrip(".")
    text = re.sub(r"^(?:cells?|zellen)\s+(?=[xX*1])", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=/100|1000)\s+", "", text)
    for power in (_POWER, _POWER_ALONE):
        text = power.sub(lambda found: f"10*{int(found[1])}", text, count=1)
    text = _COUNTED.sub(r"\1", text)
    text = re.sub(r"(?<=m)\^(?=[23])", "", text)
    return re.sub(r"\s+", ".", text)


def _by_habit(folded: str) -> list[str]:
    """What the text would be in UCUM by the hospital's habits."""
    habits, lower = _habits(), folded.lower()
    if folded in habits["exact"]:
        return [habits["exact"][folded]]
    if lower in habits["spellings"]:
        return [habits["spellings"][lower]]
    found = [_in_words(folded)]
    counted, slash, rest = folded.partition("/")
    number = habits["counts"].get(counted) or habits["counts"].get(counted.lower().rstrip("."))
    if number and slash:
        found.append(f"{number}/{_in_words(rest)}")
    return found


def _in_words(folded: str) -> str:
    """Each part of the unit by the list of words; annotations and what the list does not know stay."""
    words = _habits()["words"]
    parts = re.split(r"(\{[^{}]*\}|[/().])", folded)
    return "".join(words.get(part.lower(), part) for part in parts)


def _by_ucum(text: str) -> Reading | None:
    """The unit by UCUM (case-sensitive), if all of its atoms are ones that hospitals mean."""
    with _ONE_AT_A_TIME:
        return _meant(text)


@cache
def _meant(text: str) -> Reading | None:
    atoms = _atoms(text)
    if atoms is None or not atoms <= set(_habits()["atoms"]):
        return None
    try:
        quantity = 1.0 * _library()[0].from_ucum(_without_words(text)).to_base_units()
    except Exception:  # noqa: BLE001 what the library stumbles over nobody has understood: a finding, no end of a night
        return None
    if not (math.isfinite(quantity.magnitude) and quantity.magnitude > 0):
        return None
    found = dict(quantity.units._units)
    found.pop("international_unit", None)
    if not found.keys() <= _BASE_NAMES.keys():
        return None
    powers = {_BASE_NAMES[name]: power for name, power in found.items()}
    if "eq" in atoms and "mol" in powers:
        powers["eq"] = powers.pop(
            "mol"
        )  # to the library one equivalent is one mole; with two charges it is half of one
    if atoms & {"[iU]", "[IU]"}:
        powers["[iU]"] = 1  # to the library a pure number, which would make units out of cells
    parts = sorted(powers.items(), key=lambda part: (part[1] < 0, part[0]))
    base = ".".join(f"{name}{'' if power == 1 else int(power)}" for name, power in parts)
    return Reading(text, base or "1", quantity.magnitude)


def _without_words(text: str) -> str:
    """The unit without its annotations; one that stands alone is 1, which the library gives back as no quantity."""
    return _ANNOTATION.sub("", _ANNOTATION_ALONE.sub("1", text))


def _atoms(text: str) -> set[str] | None:
    """Atoms of a UCUM text; None when it is none, has a power that no unit has, or a bare number: `109/L` has lost its
    superscript.

    Hundred, thousand and million stand for themselves (`mg/100mL`, `1000/uL`), one is the unit of a ratio.
    """
    from lark.exceptions import LarkError

    if len(text) > _LONGEST:
        return None
    try:
        tree = _library()[1].parse(text)
    except LarkError:
        return None
    tokens = list(tree.scan_values(lambda token: True))
    if any(token.type == "FACTOR" and token not in _NUMBERS for token in tokens):
        return None
    if any(token.type == "EXPONENT" and abs(int(token)) > _HIGHEST_POWER for token in tokens):
        return None
    return {str(token) for token in tokens if token.type.startswith("UNIT_")}


@cache
def _library() -> tuple[Any, Any]:
    """Registry and parser of ucumvert; loaded only when a text is new, for it takes a second."""
    import ucumvert

    return ucumvert.PintUcumRegistry(), ucumvert.get_ucum_parser()


@cache
def _habits() -> dict[str, Any]:
    return yaml.safe_load(HABITS.read_text(encoding="utf-8"))


def _list_id(spellings: Mapping[str, str]) -> str:
    from importlib.metadata import version

    own = repr(sorted(spellings.items())).encode()
    code = HABITS.read_bytes() + Path(__file__).read_bytes() + version("ucumvert").encode() + own
    return hashlib.sha256(code).hexdigest()[:12]
