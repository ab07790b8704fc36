"""What stands where a map says, as SQL of text in the form that the contract wants."""

from __future__ import annotations

from collections.abc import Callable

from cartwright.warehouse.intake.contracts import Column
from cartwright.warehouse.intake.source_maps import MappedValue
from cartwright.warehouse.intake.source_path import Path, json_texts_sql, paths_of, value_sql
from cartwright.warehouse.store_tables import quoted

_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})"
Texts = Callable[[Path], str]  # SQL of all texts that a path leads to


def in_document(path: Path) -> str:
    """Texts of a path in a resource."""
    return json_texts_sql(path, "document")


def in_row(header: list[str]) -> Texts:
    """Texts of a field in a row of an export with this header."""

    def texts(path: Path) -> str:
        name = path.names[0]
        return f'list_filter(["f_{name}"], lambda t: t IS NOT NULL)' if name in header else "[]::VARCHAR[]"

    return texts


def mapped_sql(column: Column, value: MappedValue, zone: str, texts: Texts) -> str:
    """SQL of the text of a column: what stands at its path, dated and coded."""
    text_lists = {path: texts(path) for path in paths_of(value.expression)}
    text = value_sql(value.expression, text_lists)
    if any(path.names[-1] == "reference" for path in text_lists):
        text = referred_id_sql(text)
    return _coded(value, _dated(column, text, zone))


def referred_id_sql(reference: str) -> str:
    """SQL of the id that a reference names."""
    return f"regexp_extract(regexp_replace({reference}, '/_history/.*$', ''), '([^/:]+)$', 1)"


def _dated(column: Column, text: str, zone: str) -> str:
    """An instant with an offset is the hospital's wall clock, or its day."""
    if column.type not in ("timestamp", "date", "partial_date"):
        return text
    local = f"timezone({quoted(zone)}, TRY_CAST({text} AS TIMESTAMPTZ))"
    form = "%Y-%m-%d %H:%M:%S.%f" if column.type == "timestamp" else "%Y-%m-%d"
    own = f"coalesce(strftime({local}, '{form}'), {text})"
    return f"CASE WHEN regexp_full_match({text}, '{_INSTANT}') THEN {own} ELSE {text} END"


def _coded(value: MappedValue, text: str) -> str:
    if not value.codes and value.other is None:
        return text
    whens = " ".join(f"WHEN {quoted(sent)} THEN {quoted(code)}" for sent, code in value.codes.items())
    other = text if value.other is None else quoted(value.other)
    return f"CASE {text} {whens} ELSE {other} END" if whens else other
