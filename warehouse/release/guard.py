"""The last look before anything leaves the restricted zone: no text of a finished release may name a patient.

Searched as substrings (Aho-Corasick), without regard to case: patient, enterprise and accession numbers and names of
all feeds, also a name with its last word first. Of digits alone from five on, as a run of digits of its own; with
letters from four signs on, below six as a word of its own; in other scripts than Latin from two. What is shorter cannot
be told from a number or a code. Birth dates are searched in texts from outside; elsewhere they are days like others.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import ahocorasick_rs
import duckdb

from cartwright.warehouse.intake.contracts import PLACEHOLDER, load_contracts
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.release.published import FORMS, text_columns

_FEWEST_DIGITS, _FEWEST_SIGNS, _SAFE_SIGNS = 5, 4, 6
_DAY = re.compile(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d")
_IS_PLACEHOLDER, _IS_NUMBER = re.compile(PLACEHOLDER), re.compile(r"[\d ./-]+")
_HOLDS = "it holds a value of {}"
_OF_A_COLUMN = "take the column out of the model, or declare its kind in warehouse/release/published_texts.yml"
_TEXT_FILES = (".html", ".svg", ".csv", ".json", ".txt", ".md", ".xml")


class IdentifyingContent(Exception):
    """Something that identifies a patient would leave the restricted zone. Names the columns, never the values."""


def forbidden_columns() -> frozenset[str]:
    """Names that no published table may have: whatever a contract marks as identifier or free text, and raw text."""
    marked = {c.name for contract in load_contracts().values() for c in contract.columns if c.phi != "none"}
    return frozenset(marked | {"raw_text", "enterprise_no", "local_patient_no"})


class Search:
    """Finds what names a patient of this house. Built once a release, as the study in `folder` may print numbers."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.folder = folder
        public = _printed_numbers(folder)
        self._column_of = {form: column for text, column in _identifiers(con) for form in _forms(text)}
        self.patterns = sorted(text for text in self._column_of if _is_telling(text) and text not in public)
        self._automaton = ahocorasick_rs.AhoCorasick(self.patterns) if self.patterns else None
        self._births = set(_births(con))

    def names_somebody(self, text: str) -> bool:
        """Whether `text` holds an identifier."""
        return self.column_named(text) is not None

    def column_named(self, text: str) -> str | None:
        """The column of the feeds of which `text` holds a value."""
        return self._held(text, lambda pattern: True)

    def column_named_by_words(self, text: str) -> str | None:
        """The same without numbers, for drawings: their coordinates are digits."""
        return self._held(text, lambda pattern: not pattern.isdigit())

    def tells_birth(self, text: str) -> bool:
        """Whether `text` from outside holds the birth date of somebody."""
        return any(day in self._births for day in _DAY.findall(text))

    def _held(self, text: str, counts: Callable[[str], bool]) -> str | None:
        if self._automaton is None:
            return None
        folded = text.casefold()
        for number, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            pattern = self.patterns[number]
            if counts(pattern) and _stands_alone(folded, pattern, start, end):
                return self._column_of[pattern]
        return None


def refuse_columns(con: duckdb.DuckDBPyConnection, tables: list[str], database: str) -> None:
    """Raise IdentifyingContent if one of `tables` ('schema.table') has a forbidden column."""
    columns = con.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = ? AND list_contains(?, schema_name || '.' || table_name) ORDER BY ALL",
        [database, tables],
    ).fetchall()
    forbidden = forbidden_columns()
    _refuse([f"{table}.{column}" for table, column in columns if column in forbidden])


def refuse_texts(con: duckdb.DuckDBPyConnection, tables: list[str], database: str, search: Search) -> None:
    """Raise IdentifyingContent if a text of these tables of a release names somebody, or is not of its kind's form."""
    found = []
    for table, kinds in text_columns(con, tables, database, search.folder).items():
        if kinds:
            looks = [_look_sql(name, kind) for name, kind in kinds.items()]
            row = one_row(con.execute(f"SELECT {', '.join(looks)} FROM {database}.{table}"))
            for name, seen in zip(kinds, row, strict=True):
                values = seen if isinstance(seen, list) else []
                if seen is True:
                    found.append(f"{table}.{name}")
                elif column := next(filter(None, map(search.column_named, values)), None):
                    found.append(f"{table}.{name} ({_HOLDS.format(column)})")
    _refuse(found)


def refuse_files(files: Mapping[str, Path | bytes], search: Search) -> None:
    """Raise IdentifyingContent if a page, drawing or table beside the release's database names somebody."""
    found = []
    for name, content in files.items():
        if column := next(filter(None, map(search.column_named_by_words, _texts(name, content))), None):
            found.append(f"{name} ({_HOLDS.format(column)})")
    _refuse(found, "take out what prints it; is it no identifier but a word that many records share, send none instead")


def _refuse(found: list[str], remedy: str = _OF_A_COLUMN) -> None:
    if found:
        raise IdentifyingContent(
            f"not released: {', '.join(found)} would carry identifiers or free text out of the restricted zone; "
            + remedy
        )


def _look_sql(name: str, kind: str) -> str:
    """SQL: whether a value has not the form of its kind; where the kind has no form, the values to be searched."""
    if kind in FORMS and kind != "label":
        return f"bool_or(NOT regexp_full_match(\"{name}\", '{FORMS[kind]}'))"
    return f'list(DISTINCT "{name}") FILTER ("{name}" IS NOT NULL)'


def _identifiers(con: duckdb.DuckDBPyConnection) -> Iterable[tuple[str, str]]:
    """Every text that a contract marks as an identifier, and a column that holds it."""
    queries = [
        f"SELECT \"{column.name}\" AS v, '{contract.table}.{column.name}' AS held FROM raw.{contract.table}"
        for contract in load_contracts().values()
        for column in contract.columns
        if column.phi == "identifier" and column.type == "text"
    ]
    every = f"({' UNION ALL '.join(queries)}) WHERE v IS NOT NULL"
    rows = con.execute(f"SELECT v, min(held) AS held FROM {every} GROUP BY v ORDER BY v").to_arrow_table()
    return zip(rows["v"].to_pylist(), rows["held"].to_pylist(), strict=True)


def _births(con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    rows = con.execute("SELECT DISTINCT birth_date::VARCHAR FROM raw.ehr_patient WHERE birth_date IS NOT NULL")
    for (day,) in rows.fetchall():
        yield from (day, day.replace("-", ""))


def _forms(text: str) -> Iterable[str]:
    """How an identifier may be written: as it is, and a name with its last word first."""
    plain = " ".join(text.casefold().split())
    yield plain
    *first, last = plain.split(" ")
    if first:
        yield f"{last} {' '.join(first)}"
        yield f"{last}, {' '.join(first)}"


def _is_telling(text: str) -> bool:
    if _IS_PLACEHOLDER.fullmatch(text):  # taken before placeholders were rejected
        return False
    if _IS_NUMBER.fullmatch(text):
        return len(text) >= (_FEWEST_DIGITS if text.isdigit() else 2 * _FEWEST_DIGITS)
    return len(text) >= (_FEWEST_SIGNS if text.isascii() else 2)


def _stands_alone(text: str, pattern: str, start: int, end: int) -> bool:
    """Whether what was found is not a piece of something longer: of a number, or, when it is short, of a word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if pattern.isdigit():
        is_fraction = before in (".", ",") and text[max(start - 2, 0) : start - 1].isdigit()
        return not (before.isdigit() or after.isdigit() or is_fraction)
    if len(pattern) < _SAFE_SIGNS and pattern.isascii():
        return not (before.isalnum() or after.isalnum())
    return True


def _printed_numbers(study: Path) -> set[str]:
    """Numbers that the study itself prints, as that of its publication."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in study.rglob("*") if path.is_file()]
    return {number for text in texts for number in re.findall(r"\d{5,}", text)}


def _texts(name: str, content: Path | bytes) -> Iterable[str]:
    raw = content if isinstance(content, bytes) else content.read_bytes()
    if name.endswith(_TEXT_FILES):
        yield raw.decode("utf-8", "replace")
    elif name.endswith(".xpt"):  # a transport file of SAS: texts of fixed width, one after the other
        yield raw.decode("latin-1")
    elif name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            yield from (packed.read(entry).decode("utf-8", "replace") for entry in packed.namelist())
