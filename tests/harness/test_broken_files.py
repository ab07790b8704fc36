"""Thousands of broken files: each record sent is loaded as it was sent, put aside as it came, or its file is refused.

What a file holds is compared with what the store holds, by reading both apart from the program's own readers.
"""

from __future__ import annotations

import gzip
import json
import logging
import math
import re
import zlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from broken_files import MARK, TABLES, Sent, mutant
from cartwright.warehouse.intake.contracts import Column, load_contracts
from tiny_hospital import Hospital, sound

FILES_A_NIGHT = 500
FILES_A_HOUSE = 2_000  # each house is a proof of its own: `-k house4` tries the last files alone
MISSING = ("", "NULL", "null", "\\N")  # of NASTY, what docs/feeds.md says means no value


@pytest.fixture
def hospital(tmp_path):
    made = Hospital(tmp_path / "home")
    yield made
    made.con.close()


@pytest.mark.parametrize(
    "number", [pytest.param(house, id=f"house{house}", marks=[pytest.mark.whole] * (house > 0)) for house in range(5)]
)
def test_every_record_of_a_broken_file_is_accounted_for(hospital, size, tell, caplog, number):
    caplog.set_level(logging.INFO)
    files, records = size(300, FILES_A_HOUSE), size(20, 100)
    counts, wrong, said = Counter(), [], []
    for done in range(0, files, FILES_A_NIGHT):
        first, more = number * FILES_A_HOUSE + done, min(FILES_A_NIGHT, files - done)
        wrong += _night(hospital, range(first, first + more), records, counts, said)
        kinds = Counter(problem.split(":")[0] for problem in wrong)
        tell(
            f"{done + more} files, {(done + more) * records:,} records: "
            + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
            + f"; {kinds['vanished']} vanished, {kinds['changed']} changed, {kinds['ledger']} ledger rows wrong"
        )
    told = repr([hospital.rows(f"FROM quality.{table}") for table in ("delivery_ledger", "rejected_record")])
    quoted = sum(MARK in text for text in (told, caplog.text, *said))
    tell(f"{quoted} messages with a value")
    assert wrong[:20] == []
    assert quoted == 0
    assert counts["nights that took what is sound"] == 2 * math.ceil(files / FILES_A_NIGHT)
    assert counts["records loaded as sent"] > files * records // 4
    assert counts["files refused"]


def _night(hospital: Hospital, numbers: range, records: int, counts: Counter, said: list[str]) -> list[str]:
    """Deliver, let a night pass, and compare. Returns what is wrong, in words."""
    sent: dict[str, Sent] = {}
    for number in numbers:
        file = mutant(number, records)
        day = date(2000, 1, 1) + timedelta(days=number)
        path = hospital.deliver_text(file.table, b"", day=day.isoformat(), ending=file.ending)
        path.write_bytes(file.data)
        sent[str(path.relative_to(hospital.settings.feeds / file.table[:3]))] = file
    wrong = []
    for table in dict.fromkeys(TABLES.values()):
        key = load_contracts()[table].key[0]
        deliver = hospital.deliver_json if table.startswith("ris") else hospital.deliver
        deliver(table, sound(table, **{key: f"LAST{numbers[-1]}"}), day=f"{2040 + numbers[-1] // 300}-01-01")
        said.append(repr(hospital.night(table, now="2099-01-01T15:00:00")))
        counts["nights that took what is sound"] += hospital.rows(
            f"SELECT count(*) FROM raw.{table} WHERE {key} = 'LAST{numbers[-1]}'"
        ) == [(1,)]
        tonight = {name: file for name, file in sent.items() if file.table == table}
        entries = _entries(hospital, table, tonight)
        for name, file in tonight.items():
            wrong += [f"{problem} ({name}, {file.ending})" for problem in _compare(file, entries[name], counts)]
    return wrong


@dataclass
class Entry:
    """What the store says of a file: its rows of the ledger, the records taken, the texts put aside."""

    ledger: list[tuple] = field(default_factory=list)
    held: list[dict] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def _entries(hospital: Hospital, table: str, names: Collection[str]) -> dict[str, Entry]:
    """By name of file; of all files of a night at once, for the store grows."""
    found = {name: Entry() for name in names}
    con = hospital.con
    con.execute("CREATE OR REPLACE TEMP TABLE tonight AS SELECT unnest(?) AS file_name", [list(names)])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE entry AS "
        "SELECT * FROM quality.delivery_ledger SEMI JOIN tonight USING (file_name) WHERE table_name = ?",
        [table],
    )
    for name, *rest in con.execute(
        "SELECT file_name, status, records_count, loaded_count, rejected_count, duplicate_count FROM entry"
    ).fetchall():
        found[name].ledger.append(tuple(rest))
    cursor = con.execute(f"SELECT file_name, r.* FROM raw.{table} AS r JOIN entry USING (delivery_id)")
    columns = [column[0] for column in cursor.description]
    for row in cursor.fetchall():
        found[row[0]].held.append(dict(zip(columns, row, strict=True)))
    for name, text in con.execute(
        "SELECT file_name, coalesce(raw_text, '') FROM quarantine.rejected_record JOIN entry USING (delivery_id)"
    ).fetchall():
        found[name].aside.append(text)
    return found


def _compare(file: Sent, entry: Entry, counts: Counter) -> list[str]:
    contract = load_contracts()[file.table]
    if len(entry.ledger) != 1:
        return [f"ledger: {len(entry.ledger)} rows of a file"]
    status, total, loaded, rejected, repeated = entry.ledger[0]
    counts[f"files {status}"] += 1
    held = {row[contract.key[0]]: row for row in entry.held}
    texts = "\n".join(entry.aside).replace("\0", "")  # UTF-16 is put aside as it came
    wrong = []
    if (total, loaded, rejected) != (loaded + rejected + repeated, len(held), len(entry.aside)):
        wrong.append("ledger: does not add up")
    if status == "refused":
        counts["records of refused files"] += len(file.records)
        return wrong if (loaded, rejected) == (0, 0) else [*wrong, "ledger: a refused file was taken in part"]
    if file.is_written_soundly:
        return wrong + _as_sent(file, contract.columns, contract.key[0], held, texts, counts)
    return wrong + _out_of_the_bytes(file, contract.columns, contract.key[0], held, texts, counts)


def _as_sent(file: Sent, columns: list[Column], key: str, held: dict, texts: str, counts: Counter) -> list[str]:
    """Every record is there with the values that were sent, or stands in quarantine."""
    wrong = []
    for record in file.records:
        row = held.get(record[key])
        if row is None:
            counts["records put aside"] += 1
            if record[key] not in texts:
                wrong.append(f"vanished: {record[key]}")
            continue
        counts["records loaded as sent"] += 1
        wrong += [
            f"changed: {column.name} of {record[key]}: {record.get(column.name)!r:.80} is {row[column.name]!r:.80}"
            for column in columns
            if not _same(column, record.get(column.name), row[column.name], file.ending)
        ]
    return wrong


def _same(column: Column, sent: Any, held: Any, ending: str) -> bool:
    if sent is None or (isinstance(sent, str) and sent.strip() in MISSING):
        return held is None or (column.type == "list" and held == [])
    if held is None:
        return False
    if column.type == "list":
        elements = sent if isinstance(sent, list) else []
        return len(elements) == len(held) and all(
            _same(field, element.get(field.name), other[field.name], ending)
            for element, other in zip(elements, held, strict=True)
            for field in column.fields
        )
    if column.type == "text" and not isinstance(sent, str):  # JSON as text: 1e+308 is 1e308
        return held == str(sent) or json.loads(held) == sent
    if column.type in ("integer", "decimal"):
        try:
            return float(Decimal(str(sent).strip())) == float(held)
        except InvalidOperation:
            return False
    if column.type == "boolean":
        return str(sent).strip().lower() == str(held).lower()
    if isinstance(held, (date, datetime)):
        digits = re.sub(r"\D", "", str(sent))
        return held.strftime("%Y%m%d%H%M%S").startswith(digits[:14]) and len(digits) >= 8
    return str(sent).strip() == held or sent == held


def _out_of_the_bytes(
    file: Sent, columns: list[Column], key: str, held: dict, texts: str, counts: Counter
) -> list[str]:
    """What was loaded stands in the file; a record whose bytes nobody touched is there, or stands in quarantine."""
    content = _plain(file)
    wrong = []
    for row in held.values():
        counts["records loaded out of damaged files"] += 1
        for column in columns:
            value = row[column.name]
            if column.type == "text" and value is not None and not _stands_in(value, content):
                wrong.append(f"changed: {column.name} of {row[key]}: {value!r:.60} is not in the file")
    somewhere = texts + repr(held)  # the word of a damaged key still stands in the patient's number
    missing = [record[key] for record in file.records if record[key] in content and record[key] not in somewhere]
    return wrong + [f"vanished: {name}" for name in missing]


def _stands_in(value: str, content: str) -> bool:
    forms = (value, value.replace('"', '""'), value.replace("\\", "\\\\").replace('"', '\\"'))
    return any(form in content for form in forms)


def _plain(file: Sent) -> str:
    """The text of a file, however it is packed and encoded; of Parquet, whose checksums tell damage, what was sent."""
    if file.ending == "parquet":
        return "\n".join(str(value) for record in file.records for value in record.values())
    data = file.data
    if file.ending.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            data = zlib.decompressobj(31).decompress(data)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp037"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if MARK in text:
            return text
    return data.decode("utf-8", "replace")
