"""Thousands of broken files: each record sent is loaded as it was sent, put aside as it came, or its file is refused.

What a file holds is compared with what the store holds, by reading both apart from the program's own readers.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import zlib
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from broken_files import MARK, TABLES, Sent, mutant
from cartwright.warehouse.intake.contracts import Column, load_contracts
from tiny_hospital import Hospital, sound

FILES_A_NIGHT = 500
MISSING = ("", "NULL", "null", "\\N")  # of NASTY, what docs/feeds.md says means no value


@pytest.fixture
def hospital(tmp_path):
    made = Hospital(tmp_path / "home")
    yield made
    made.con.close()


def test_every_record_of_a_broken_file_is_accounted_for(hospital, size, tell, caplog):
    caplog.set_level(logging.INFO)
    files, records = size(300, 10_000), size(20, 100)
    counts, wrong, said = Counter(), [], []
    for first in range(0, files, FILES_A_NIGHT):
        numbers = range(first, min(first + FILES_A_NIGHT, files))
        wrong += _night(hospital, numbers, records, counts, said)
    told = repr([hospital.rows(f"FROM quality.{table}") for table in ("delivery_ledger", "rejected_record")])
    quoted = sum(MARK in text for text in (told, caplog.text, *said))
    kinds = Counter(problem.split(":")[0] for problem in wrong)
    tell(
        f"{files} files, {files * records:,} records: "
        + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
        + f"; {kinds['vanished']} vanished, {kinds['changed']} changed, {kinds['ledger']} ledger rows wrong, "
        f"{quoted} messages with a value"
    )
    assert wrong[:20] == []
    assert quoted == 0
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
    for table in dict.fromkeys(TABLES.values()):
        key = load_contracts()[table].key[0]
        deliver = hospital.deliver_json if table.startswith("ris") else hospital.deliver
        deliver(table, sound(table, **{key: f"LAST{numbers[-1]}"}), day=f"{2040 + numbers[-1] // 300}-01-01")
        said.append(repr(hospital.night(table, now="2099-01-01T15:00:00")))
        counts["nights that took what is sound"] += hospital.rows(
            f"SELECT count(*) FROM raw.{table} WHERE {key} = 'LAST{numbers[-1]}'"
        ) == [(1,)]
    wrong = []
    for name, file in sent.items():
        wrong += [f"{problem} ({name}, {file.ending})" for problem in _compare(hospital, name, file, counts)]
    return wrong


def _compare(hospital: Hospital, name: str, file: Sent, counts: Counter) -> list[str]:
    contract = load_contracts()[file.table]
    ledger = hospital.con.execute(
        "SELECT delivery_id, status, records_count, loaded_count, rejected_count, duplicate_count "
        "FROM quality.delivery_ledger WHERE table_name = ? AND file_name = ?",
        [file.table, name],
    ).fetchall()
    if len(ledger) != 1:
        return [f"ledger: {len(ledger)} rows of a file"]
    delivery, status, total, loaded, rejected, repeated = ledger[0]
    counts[f"files {status}"] += 1
    cursor = hospital.con.execute(f"SELECT * FROM raw.{file.table} WHERE delivery_id = ?", [delivery])
    names = [column[0] for column in cursor.description]
    held = {row[names.index(contract.key[0])]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    aside = hospital.con.execute(
        "SELECT coalesce(raw_text, '') FROM quarantine.rejected_record WHERE delivery_id = ?", [delivery]
    ).fetchall()
    texts = "\n".join(text for (text,) in aside).replace("\0", "")  # UTF-16 is put aside as it came
    wrong = []
    if (total, loaded, rejected) != (loaded + rejected + repeated, len(held), len(aside)):
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
    """The text of a file, however it is packed and encoded; of Parquet nothing."""
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
