"""Sound files broken at random, always alike: the ledger stays exact, no message quotes a value, and the night goes on.

Each mutant is one delivery of one night. What becomes of it (loaded, rejected, refused) is for the other tests of this
folder; here stands what must hold of every file that anybody can send.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from broken_files import MARK
from broken_files import NASTY as ANYWHERE
from cartwright.warehouse.intake.contracts import load_contracts
from tiny_hospital import csv_text, sound

LAB, RIS = "lis_lab_result", "ris_imaging_report"
CANARY = "Doe7Jane"
NASTY = [*(value for value in ANYWHERE if isinstance(value, str) and MARK not in value), CANARY * 3000]


def records(table: str) -> list[dict[str, object]]:
    key = load_contracts()[table].key[0]
    patient = load_contracts()[table].patient
    return [sound(table, **{key: f"{CANARY}{n}", patient: f"{CANARY}-{n}"}) for n in range(4)]


def text_of(table: str) -> tuple[str, str]:
    if table == LAB:
        return "csv", csv_text(table, records(table))
    return "jsonl", "".join(json.dumps(record) + "\n" for record in records(table))


def broken_texts(table: str, draw: Random) -> Iterator[tuple[str, bytes]]:
    """A sound text with something nasty in a field, at any place, a piece lost, doubled or moved, other bytes."""
    ending, text = text_of(table)
    for nasty in NASTY:
        yield ending, text.replace(CANARY, CANARY + nasty, 1).encode()
        yield ending, text.replace(CANARY, nasty, 2).encode()
        place = draw.randrange(len(text))
        yield ending, (text[:place] + nasty + text[place:]).encode()
    for _ in range(20):
        first, last = sorted(draw.sample(range(len(text)), 2))
        yield ending, (text[:first] + text[last:]).encode()
        yield ending, (text[:last] + text[first:]).encode()
        data = bytearray(text.encode())
        for place in draw.sample(range(len(data)), 3):
            data[place] = draw.randrange(256)
        yield ending, bytes(data)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp037"):
        yield ending, text.encode(encoding)


def broken_packages(table: str, draw: Random) -> Iterator[tuple[str, bytes]]:
    """A packed file cut off, damaged, packed twice, with another behind it."""
    ending, text = text_of(table)
    packed = gzip.compress(text.encode(), mtime=0)
    for _ in range(8):
        yield f"{ending}.gz", packed[: draw.randrange(len(packed))]
        torn = bytearray(packed)
        torn[draw.randrange(len(torn))] ^= 0xFF
        yield f"{ending}.gz", bytes(torn)
    yield f"{ending}.gz", gzip.compress(packed, mtime=0)
    yield f"{ending}.gz", packed + packed
    yield f"{ending}.gz", text.encode()


def broken_objects(draw: Random) -> Iterator[tuple[str, bytes]]:
    """Objects with a value of another type, nested where nothing is, under another name."""
    values = [
        None,
        7,
        -1.5,
        True,
        [],
        {},
        [[CANARY]],
        {CANARY: CANARY},
        [None],
        [7],
        [{CANARY: {}}],
        CANARY,
        10**30,
        [[[[{}]]]],
    ]
    names = [column.name for column in load_contracts()[RIS].columns]
    for value in values:
        for name in draw.sample(names, 6):
            lines = [record | {name: value} for record in records(RIS)]
            yield "jsonl", "\n".join(map(json.dumps, lines)).encode()
    for name in ("", " ", CANARY, "REPORT_NO", "report_no ", "ｒeport_no", "a" * 5000):
        yield "jsonl", "\n".join(json.dumps(record | {name: CANARY}) for record in records(RIS)).encode()


def broken_tables(draw: Random) -> Iterator[tuple[str, bytes]]:
    """Parquet with columns of other types, durations among them, without columns, damaged."""
    names = [column.name for column in load_contracts()[LAB].columns]
    rows = {name: [str(record[name]) if name in record else None for record in records(LAB)] for name in names}
    kinds = [
        pa.array([timedelta(days=n) for n in range(4)]),
        pa.array([date(2022, 1, 1)] * 4),
        pa.array([b"\xff\x00"] * 4),
        pa.array([[1], [], None, [2]]),
        pa.array([{"a": CANARY}] * 4),
        pa.array([True] * 4),
        pa.array([1e308] * 4),
        pa.array([CANARY] * 4).dictionary_encode(),
        pa.nulls(4),
        pa.array([2**63] * 4, pa.uint64()),
        pa.array([timedelta(days=10**6)] * 4, pa.duration("s")),
        pa.array([3] * 4, pa.time32("s")),
    ]
    for kind in kinds:
        for name in draw.sample(names, 4):
            yield "parquet", written(pa.table({**rows, name: kind}))
    whole = written(pa.table(rows))
    for _ in range(8):
        torn = bytearray(whole)
        torn[draw.randrange(len(torn))] ^= 0xFF
        yield "parquet", bytes(torn)
        yield "parquet", whole[: draw.randrange(len(whole))]


def written(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


MUTANTS = {
    "CSV": (LAB, lambda draw: broken_texts(LAB, draw)),
    "JSON text": (RIS, lambda draw: broken_texts(RIS, draw)),
    "packed CSV": (LAB, lambda draw: broken_packages(LAB, draw)),
    "packed JSON": (RIS, lambda draw: broken_packages(RIS, draw)),
    "JSON objects": (RIS, broken_objects),
    "Parquet": (LAB, broken_tables),
}


@pytest.mark.parametrize(("table", "mutants"), MUTANTS.values(), ids=MUTANTS)
def test_whatever_a_file_holds_the_ledger_is_exact_and_nothing_is_quoted(hospital, table, mutants):
    sent = list(mutants(Random(7)))
    for place, (ending, data) in enumerate(sent):
        day = date(2021, 1, 1) + timedelta(days=place)
        path = hospital.deliver_text(table, b"", day=day.isoformat(), ending=ending)
        path.write_bytes(data)
    key = load_contracts()[table].key[0]
    deliver = hospital.deliver if table == LAB else hospital.deliver_json
    deliver(table, sound(table, **{key: "LAST"}), day="2022-02-01")
    hospital.night(table)
    ledger = hospital.ledger()
    assert len(ledger) == len(sent) + 1
    for status, total, loaded, rejected, repeated in ledger:
        assert status in ("loaded", "refused")
        assert total == loaded + rejected + repeated
    assert {status for status, *_ in ledger} == ({"loaded"} if mutants is broken_objects else {"loaded", "refused"})
    assert hospital.rows(f"SELECT count(*) FROM raw.{table} WHERE {key} = 'LAST'") == [(1,)]
    held = hospital.rows(f"SELECT count(*) FROM raw.{table}")[0][0]
    assert held == sum(loaded for _, _, loaded, _, _ in ledger)
    told = [hospital.rows(f"FROM quality.{name}") for name in ("delivery_ledger", "rejected_record")]
    assert CANARY not in repr(told)
    assert CANARY[:6] not in repr(told)
