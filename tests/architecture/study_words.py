"""The words that belong to one study, read from study folders and code lists, and the files that must not say them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.study.definition import Plan, Protocol

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "sql" / "seeds"
# What hospitals send and only a study chooses from: products, targets, drugs, classes, diseases.
CHOSEN = (
    "cart_target",
    "costimulatory_domain",
    "death_cause",
    "drug",
    "drug_class",
    "histology",
    "scfv_origin",
    "signalling_domain",
)
# Nobody's list holds them; they came from the study that this program grew from.
WRITTEN = {
    "lymphoma",
    "antilymphoma",
    "dlbcl",
    "leukaemia",
    "myeloma",
    "carcinoma",
    "salvage",
    "bridging",
    "xue",
    "blinatumomab",
}
# Words of a study or a list that mean something in the program, too.
EVERYDAY = {
    "antibody": "plain biology",
    "first_line": "of a file",
    "human": "plain English",
    "infection": "an adverse event",
    "other": "plain English",
    "steroid": "counted against CRS and ICANS by their grading (ASTCT 2019)",
    "supportive": "plain English",
    "targeted": "plain English",
    "trial": "plain English",
    "OS": "overall survival, an endpoint of most trials: the usual example in unit tests",
    "PFS": "progression-free survival, the same",
    "DOR": "duration of response, the same",
}
# Files that speak for the hospital (contracts, its folder, pages made of both), and the study that a beginner copies.
OTHERS = (
    "warehouse/intake/feeds/*",
    "warehouse/hospital/*",
    "warehouse/intake/feed_docs.py",
    "warehouse/study/template/*",
)
TEXT = {".py", ".sql", ".yml", ".yaml", ".md", ".j2", ".js", ".css", ".csv"}


def guarded_files() -> list[Path]:
    """Everything that serves any study."""
    rooms = [ROOT / name for name in ("warehouse", "expectations", "analysis", "explore", "orchestration")]
    rooms += [ROOT / "sql" / "models" / name for name in ("eligibility", "endpoints", "adam", "mart", "quality")]
    rooms.append(ROOT / "sql" / "checks")
    rooms += [ROOT / "sql" / "macros", ROOT / "sql" / "tests"]
    return [
        path
        for room in rooms
        for path in sorted(room.rglob("*"))
        if path.suffix in TEXT and not any(path.relative_to(ROOT).match(where) for where in OTHERS)
    ]


def study_words(folders: Iterable[Path]) -> set[str]:
    """What these studies name or choose, and what any study could choose, without the words of the house.

    Codes and endpoints count always. A name that is one plain word (an anchor `failure`, a population `screened`) is
    English; it counts with a digit or a second part (`failure_to_cells_days`).
    """
    codes, names = WRITTEN | chosen_codes(), set()
    for folder in folders:
        names.add(folder.name)
        names |= {path.stem for path in (folder / "sql").rglob("*.sql")}
        protocol = yaml.safe_load((folder / "protocol.yml").read_text(encoding="utf-8"))
        codes |= set(_codes(protocol))
        names |= set(_names(protocol))
        plan = folder / "analysis_plan.yml"
        if plan.exists():
            names |= {row["population"] for row in yaml.safe_load(plan.read_text(encoding="utf-8"))["populations"]}
    named = {name for name in names if re.search(r"[_0-9]", name)}
    ours = {word.casefold() for word in house_words()}
    return {str(word) for word in codes | named if str(word).casefold() not in ours and word not in EVERYDAY}


def sayings(words: set[str], text: str) -> list[tuple[int, str]]:
    """Line and word, for each line of `text` that says one: in any case, but two letters as they are written."""
    if not any(word in text.casefold() for word in {word.casefold() for word in words}):
        return []
    short = [re.escape(word) for word in words if len(word) < 3]
    long = sorted((re.escape(word) for word in words if len(word) >= 3), key=len, reverse=True)
    patterns = [re.compile(_whole(long), re.IGNORECASE), *([re.compile(_whole(short))] if short else [])]
    return [
        (number, found[0])
        for number, line in enumerate(text.splitlines(), start=1)
        for pattern in patterns
        if (found := pattern.search(line))
    ]


def house_words() -> set[str]:
    """Facts of the catalogue, columns and codes of the contracts, defined columns, keys of protocol and plan."""
    words = {row["fact"] for row in _rows("fact.csv")}
    words |= {row["code"] for row in _rows("code_list.csv") if row["list_name"] not in CHOSEN} - chosen_codes()
    words |= {column.name for contract in load_contracts().values() for column in contract.columns}
    defined = (ROOT / "sql" / "models" / "columns.md").read_text(encoding="utf-8")
    words |= set(re.findall(r"docs ([a-z0-9_]+) ", defined))
    for shape in (Protocol, Plan):
        words |= set(_keys(shape.model_json_schema()))
    return words - WRITTEN


def chosen_codes() -> set[str]:
    """Codes of the lists that only a study chooses from."""
    return {row["code"] for row in _rows("code_list.csv") if row["list_name"] in CHOSEN}


def _whole(words: list[str]) -> str:
    """A word by itself or as a part of a name: `cd20` in `is_cd20_ordered`, not in `acd200`."""
    return rf"(?<![A-Za-z0-9])(?:{'|'.join(words)})(?![A-Za-z0-9])"


def _codes(protocol: dict[str, Any]) -> Iterator[str]:
    groups = protocol.get("groups") or {}
    yield from map(str, groups.get("labels") or {})
    for rule in groups.get("rules") or []:
        yield from (rule[key] for key in ("class_code", "group_code", "stratum_code", "subgroup_code") if rule.get(key))
    for listed in (protocol.get("code_lists") or {}).values():
        yield from map(str, listed)
    for row in (*protocol["endpoints"], *(protocol.get("visits") or [])):
        yield row["paramcd"]


def _names(protocol: dict[str, Any]) -> Iterator[str]:
    yield from protocol.get("parameters") or {}
    yield from protocol.get("code_lists") or {}
    yield protocol["screening"]["anchor"]
    for part, key in (("anchors", "anchor"), ("items", "item"), ("criteria", "criterion_id")):
        yield from (row[key] for row in protocol.get(part) or [])
        yield from (str(row["detail_code"]) for row in protocol.get(part) or [] if row.get("detail_code"))


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (schema.get("properties") or {})
        yield from (str(value) for value in schema.get("enum") or [])
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _keys(part)


def _rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
