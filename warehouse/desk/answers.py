"""Answers of the sources, read back from a CSV file: all of it or nothing.

The file is one that `listed.export` wrote, filled in: a row without code, text and name is not answered yet. Text and
name were typed by people: messages never repeat them, and the text stays in the restricted zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cartwright.warehouse.connect import open_build
from cartwright.warehouse.csv_file import CsvFile
from cartwright.warehouse.desk.listed import MARK
from cartwright.warehouse.identity.key import read_key
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.published import keyed
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.transaction import transaction
from cartwright.warehouse.writer import sole_writer
from cartwright.warehouse.yaml_file import Defect

# Code -> what a source says by it.
ANSWERS = {
    "corrected_at_source": "it was wrong, and a corrected record is sent or will be",
    "confirmed_as_is": "it was looked at, and is right",
    "cannot_be_known": "nobody can say any more",
    "not_a_fault": "nothing is wrong: the rule asks too much",
}
COLUMNS = ("answer_code", "answer_text", "answered_by")


@dataclass(frozen=True)
class Taken:
    """Rows of a file: answers taken, answers that were held already, rows not answered yet."""

    taken: int = 0
    held: int = 0
    unanswered: int = 0


def read_answers(settings: Settings, path: Path, now: datetime | None = None) -> tuple[Taken, list[Defect]]:
    """Take the answers of a file, or say what is wrong with it and take none. now: the clock (UTC).

    Raises UnknownName where there is no such file, AnotherNightIsWriting.
    """
    if not path.is_file():
        raise UnknownName(f"no file {path}")
    file = CsvFile(path, required=("query_id", *COLUMNS))
    for _, row in file.rows:
        row["query_id"] = row["query_id"].removeprefix(MARK)
    with sole_writer(settings), open_build(settings) as con:
        known = _known(con, settings)
        answers = [(line, row) for line, row in file.rows if any(row[name] for name in COLUMNS)]
        read = [_answer(file, line, row, known) for line, row in answers]
        _refuse_twice(file, answers)
        if file.defects:
            return Taken(), file.defects
        new = [answer for answer in read if not _is_held(con, answer)]
        with transaction(con):
            for answer in new:
                con.execute("INSERT INTO desk.answer VALUES (?, ?, ?, ?, ?, ?)", [*answer, now or datetime.now(UTC)])
            con.execute(_SHOW)
    return Taken(len(new), len(read) - len(new), len(file.rows) - len(answers)), []


def _known(con: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, tuple[str, str]]:
    """Id of a question as people see it -> its id in the store, and what it was asked about last."""
    key = read_key(settings)
    rows = con.execute("""
        SELECT DISTINCT ON (query_id) query_id, content_hash FROM desk.query
        ORDER BY query_id, first_seen_at DESC, gone_at DESC NULLS FIRST""")
    return {keyed(key, query_id): (query_id, content_hash) for query_id, content_hash in rows.fetchall()}


def _answer(file: CsvFile, line: int, row: dict[str, str], known: dict[str, tuple[str, str]]) -> list[str | None]:
    """The row of desk.answer but for its time. What is wrong with it is said to the file."""
    code = "_".join(row["answer_code"].casefold().split())
    if row["query_id"] not in known:
        file.say(line, "query_id", "no question has this id", "take the ids of `cartwright queries --csv` as they are")
    if code not in ANSWERS:
        what = "is no answer" if code else "is empty, though the row has a text or a name"
        file.say(line, "answer_code", what, f"write one of {', '.join(ANSWERS)}")
    if not row["answered_by"]:
        file.say(line, "answered_by", "nobody is named", "write who answered")
    return [*known.get(row["query_id"], ("", "")), code, row["answer_text"] or None, row["answered_by"]]


def _refuse_twice(file: CsvFile, answers: list[tuple[int, dict[str, str]]]) -> None:
    first: dict[str, int] = {}
    for line, row in answers:
        if (before := first.setdefault(row["query_id"], line)) != line:
            file.say(line, "query_id", f"answered in line {before} already", "keep one of the two rows")


def _is_held(con: duckdb.DuckDBPyConnection, row: list[str | None]) -> bool:
    """Whether the last answer of the question says the same of the same content."""
    last = con.execute(
        "SELECT query_id, content_hash, answer_code, answer_text, answered_by FROM desk.answer WHERE query_id = ? "
        "ORDER BY answered_at DESC LIMIT 1",
        [row[0]],
    ).fetchone()
    return last == tuple(row)


# Seen at once on the desk; a release shows it from its next night on.
_SHOW = """
    UPDATE quality.query SET
        query_state = CASE query_state WHEN 'open' THEN 'answered' ELSE query_state END,
        answer_code = answer.answer_code, answered_by = answer.answered_by, answered_at = answer.answered_at
    FROM (
        SELECT DISTINCT ON (query_id) * FROM desk.answer ORDER BY query_id, answered_at DESC) AS answer
    JOIN (
        SELECT DISTINCT ON (query_id) query_id, content_hash FROM desk.query
        ORDER BY query_id, first_seen_at DESC, gone_at DESC NULLS FIRST) AS latest USING (query_id, content_hash)
    WHERE query.query_id = answer.query_id"""
