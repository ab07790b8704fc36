"""What Tab offers: schemas, tables and columns of the release with their meaning, and the words of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

if TYPE_CHECKING:
    import duckdb

_WORD = re.compile(r"[\w.]*$")
_TABLES_FOLLOW = re.compile(r"(?:\b(?:from|join|describe|summarize|table|into)|\\d)\s+[\w.]*$", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:from|join)\s+(\w+\.\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Names:
    """`tables`: schema.table and its comment; `columns`: of each table its columns and their comments."""

    tables: dict[str, str]
    columns: dict[str, dict[str, str]]
    words: list[str] = field(default_factory=list)

    @cached_property
    def schemas(self) -> list[str]:
        return sorted({table.split(".")[0] for table in self.tables})


def names_of(con: duckdb.DuckDBPyConnection) -> Names:
    """All names of the release that `con` has open."""
    from cartwright.warehouse.release.catalogue import catalogue

    tables: dict[str, str] = {}
    columns: dict[str, dict[str, str]] = {}
    for entry in catalogue(con):
        name = f"{entry.schema}.{entry.table}"
        tables[name] = entry.table_comment or ""
        columns.setdefault(name, {})[entry.column] = entry.column_comment or ""
    words = con.execute("SELECT upper(keyword_name) FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
    return Names(tables, columns, sorted(word for (word,) in words.fetchall()))


def offers(names: Names, before: str, statement: str) -> Iterator[tuple[str, str]]:
    """Whole words that can stand where the last one of `before` is being typed, each with its meaning."""
    typed = _WORD.search(before)
    word = typed[0] if typed else ""
    for name, meaning in _candidates(names, before, statement, word):
        if name.lower().startswith(word.lower()) and name != word:
            yield name, meaning


def _candidates(names: Names, before: str, statement: str, word: str) -> Iterable[tuple[str, str]]:
    if _TABLES_FOLLOW.search(before):
        return _tables(names, word)
    read = {alias: table for table, alias in _NAMED.findall(statement)}
    owner, dot, _ = word.rpartition(".")
    table = read.get(owner, owner) if dot else ""
    if table in names.columns:
        return [(f"{owner}.{column}", meaning) for column, meaning in names.columns[table].items()]
    if dot:
        return _tables(names, word)
    of_tables = [item for table in read.values() for item in names.columns.get(table, {}).items()]
    plain = [(schema, "") for schema in names.schemas] + [(keyword, "") for keyword in names.words]
    return [*dict(of_tables).items(), *plain] if word or of_tables else plain


def _tables(names: Names, word: str) -> Iterable[tuple[str, str]]:
    """Schemas first; a schema's tables once it is chosen."""
    return names.tables.items() if "." in word else [(f"{schema}.", "schema") for schema in names.schemas]


class ReleaseCompleter(Completer):
    """`offers` for prompt_toolkit; the names are read at the first Tab."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    @cached_property
    def _names(self) -> Names:
        return names_of(self._con)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        word = _WORD.search(before)
        start = -len(word[0]) if word else 0
        for name, meaning in offers(self._names, before, document.text):
            yield Completion(name, start_position=start, display_meta=meaning.split(". ")[0])
