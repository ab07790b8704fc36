"""The desk as a data manager sees it: the questions of the whole hospital, and files of them for the sources.

Ids are keyed as in a release; beside them stands the number by which the source knows the record. What a code or unit
said that a release shows by its class only is shown here, as the source must find it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import duckdb

from cartwright.warehouse.desk.asked import KINDS
from cartwright.warehouse.identity.key import read_key
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.not_found import NoRelease, UnknownName
from cartwright.warehouse.release.published import keyed, meant
from cartwright.warehouse.settings import Settings

STATES = ("open", "answered", "gone")
MARK = "Q"  # before an id in a file: 12345678e9012345 would be a number to a spreadsheet, and rounded


@dataclass(frozen=True)
class Query:
    """One question, and what was answered. record_no: the source's own number, None where it identifies somebody;
    first_seen, last_seen: days (UTC) of the states of knowledge."""

    query_id: str
    query_kind: str
    query_state: str
    finding_code: str
    feed_code: str
    table_name: str
    usubjid: str | None
    record_id: str | None
    record_no: str | None
    file_name: str | None
    source_line: int | None
    column_name: str | None
    value_code: str | None
    unit_text: str | None
    query_text: str
    first_seen: str
    last_seen: str
    answer_code: str | None
    answer_text: str | None
    answered_by: str | None


def listed(
    settings: Settings, state: str | None = None, kind: str | None = None, source: str | None = None
) -> list[Query]:
    """The questions in order: open ones first, by kind, then the oldest. source: a system (lis) or a feed table.

    Raises UnknownName for a state, kind or source that is none, NoRelease before the first night that kept the desk.
    """
    _refuse_unknown("state", state, STATES)
    _refuse_unknown("kind", kind, KINDS)
    contracts = load_contracts()
    _refuse_unknown("source", source, [*sorted({c.feed for c in contracts.values()}), *contracts])
    if not settings.build_db.exists():
        raise NoRelease("there is no desk yet; run: cartwright refresh")
    with duckdb.connect(settings.build_db, read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        try:
            rows = con.execute(_LISTED, [state, kind, source, list(STATES), list(KINDS)]).fetchall()
        except duckdb.CatalogException:
            raise NoRelease("no night has kept the desk yet; run: cartwright refresh") from None
    key = read_key(settings)
    found = [_as_seen(Query(*row), key) for row in rows]
    said = meant(settings, [text or "" for query in found for text in (query.value_code, query.unit_text)])
    return [
        replace(query, value_code=code or None, unit_text=unit or None)
        for query, code, unit in zip(found, said[::2], said[1::2], strict=True)
    ]


def export(queries: Sequence[Query], path: Path) -> None:
    """Write questions as CSV, for their source to fill in the last three columns. Open to its owner alone.

    Raises UnknownName for a file that is there: it may hold answers.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UnknownName(f"{path} is there already; nothing was written over it") from None
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([field.name for field in fields(Query)])
        writer.writerows((MARK + query.query_id, *astuple(query)[1:]) for query in queries)


def _as_seen(query: Query, key: bytes) -> Query:
    record_id = query.record_id and keyed(key, query.record_id)
    return replace(query, query_id=keyed(key, query.query_id), record_id=record_id)


def _refuse_unknown(what: str, name: str | None, known: Collection[str]) -> None:
    if name is not None and name not in known:
        raise UnknownName(f"no {what} {name}; there are {', '.join(known)}")


_LISTED = """
    WITH latest AS (
        SELECT DISTINCT ON (query_id) query_id, record_no FROM desk.query
        ORDER BY query_id, first_seen_at DESC, gone_at DESC NULLS FIRST)
    SELECT query.query_id, query_kind, query_state, finding_code, feed_code, table_name, usubjid, record_id, record_no,
           file_name, source_line, column_name, value_code, unit_text, query_text,
           strftime(first_seen_at, '%Y-%m-%d'), strftime(last_seen_at, '%Y-%m-%d'),
           query.answer_code, answer_text, query.answered_by
    FROM quality.query AS query
    LEFT JOIN latest USING (query_id)
    LEFT JOIN desk.answer AS answer
    ON query.query_id = answer.query_id AND query.answered_at = answer.answered_at
    WHERE ($1 IS NULL OR query_state = $1) AND ($2 IS NULL OR query_kind = $2)
        AND ($3 IS NULL OR feed_code = $3 OR table_name = $3)
    ORDER BY list_position($4, query_state), list_position($5, query_kind), first_seen_at, table_name, file_name,
             source_line, query.query_id"""
