"""Files as nobody should send them, made at random, always alike: values, bytes, headers, packing.

Every record has a word of its own in its key and its patient's number, and every file says what was sent in it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cartwright.warehouse.intake.contracts import load_contracts
from tiny_hospital import sound

MARK = "Zq7"  # in every key, number and typed text; nothing that the program says may hold it
TABLES = {"csv": "lis_lab_result", "jsonl": "ris_imaging_report", "parquet": "lis_lab_result"}
NASTY: list[Any] = [
    *(
        "",
        " ",
        '"',
        '""',
        "'",
        ",",
        ";",
        "\t",
        "\n",
        "\r\n",
        "\0",
        "\ufeff",
        "\x1a",
        "\x85",
        "\u2028",
        "\u202e",
        "µ",
        "溶血",
    ),
    *(
        "1e400",
        "-1e-400",
        "9" * 400,
        "NaN",
        "Infinity",
        "1_000",
        "1,5",
        "１２３",
        "0x1F",
        "1e5",
        " 7 ",
        "-0",
        "+5",
        "007",
    ),
    *("[]", "{}", '[{"a": [[[1]]]}]', "null", "true", "\\N", "\\", "\\u0000", "%s", "{0}", "$$"),
    *("2022-13-45", "0000-00-00", "2022-01-02T08:00Z", "2022-02-29", "9999-12-31", "1900-01-01 00:00", "02.01.2022"),
    *("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "'; DROP TABLE raw.lis_lab_result; --", "1 OR 1=1"),
    *(
        "../../../etc/passwd",
        "/dev/zero",
        "file:///etc/passwd",
        "C:\\x",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
    ),
    *(
        MARK + "t" * 70000,
        "a" * 20000,
        "é" * 500,
        "\U0001f600",
        "e\u0301",
        "\ud800".encode("utf-8", "replace").decode(),
    ),
]
ODD: list[Any] = [
    None,
    7,
    -1.5,
    True,
    [],
    {},
    [[MARK]],
    {MARK: MARK},
    [None],
    [7],
    [{MARK: {}}],
    10**30,
    [[[[{}]]]],
    1e308,
]


@dataclass(frozen=True)
class Sent:
    """A file: how its name ends, its bytes, its records, and whether what stands in it is known value by value."""

    ending: str
    data: bytes
    records: list[dict[str, Any]]
    is_written_soundly: bool

    @property
    def table(self) -> str:
        return TABLES[self.ending.removesuffix(".gz")]


def mutant(number: int, records: int) -> Sent:
    """The mutant of this number, with so many records."""
    draw = Random(number)
    ending = draw.choices(("csv", "jsonl", "parquet"), (6, 4, 1))[0]
    rows = [_record(TABLES[ending], number, n) for n in range(records)]
    how = draw.choices((_values, _bytes, _header, _packing), (5, 4, 1, 1))[0]
    if ending == "parquet":
        how = draw.choice((_values, _bytes))
    return how(ending, rows, draw)


def _record(table: str, number: int, n: int) -> dict[str, Any]:
    contract = load_contracts()[table]
    name = f"{MARK}{number:05d}x{n:03d}"
    own = {contract.key[0]: name, contract.patient: f"P{name}"}
    if table == "lis_lab_result":
        return sound(table, **own, value_text=f"{number % 97}.{n}", accession_no=f"A{name}", reference_low=n / 8)
    return sound(table, **own, study_no=f"S{name}", impression_text=f"{MARK} seen, {n}", suv_max=n / 4)


def _values(ending: str, rows: list[dict], draw: Random) -> Sent:
    """Something nasty in every tenth record, written as a program would."""
    names = [c.name for c in load_contracts()[TABLES[ending]].columns][1:]
    for row in draw.sample(rows, max(1, len(rows) // 10)):
        row[draw.choice(names)] = draw.choice(NASTY + (ODD if ending == "jsonl" else []))
    return Sent(*_packed(ending, _text(ending, rows, draw), draw), rows, True)


def _bytes(ending: str, rows: list[dict], draw: Random) -> Sent:
    """A sound file with a piece lost, doubled, moved or put in, or some bytes changed."""
    data = _text(ending, rows, draw)
    one, other = sorted(draw.sample(range(len(data)), 2))
    other = min(other, one + draw.choice((1, 3, 50, 5000)))
    changes: list[Callable[[], bytes]] = [
        lambda: data[:one] + data[other:],
        lambda: data[:other] + data[one:],
        lambda: data[:one],
        lambda: data + data[one:other],
        lambda: data[:one] + str(draw.choice(NASTY)).encode("utf-8", "replace") + data[one:],
        lambda: data[:one] + bytes(draw.randrange(256) for _ in range(draw.choice((1, 2, 8)))) + data[one + 1 :],
        lambda: data[:one] + b"\0" * draw.choice((1, 100)) + data[one:],
        lambda: data.replace(b"\n", draw.choice((b"\r", b"\n\r", b"\n\n", b"", b"\r\r\n")), draw.choice((1, -1))),
    ]
    if ending != "parquet":
        text = data.decode()
        changes += [lambda: text.encode(draw.choice(("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "cp037")))]
    return Sent(*_packed(ending, draw.choice(changes)(), draw), rows, False)


def _header(ending: str, rows: list[dict], draw: Random) -> Sent:
    """Columns renamed, left out, doubled, new, in another order, or no header at all."""
    lines = _text("csv", rows, draw).split(b"\n") if ending == "csv" else []
    if not lines:
        name = draw.choice(list(rows[0]))
        other = draw.choice(("", " ", MARK, name.upper(), f"{name} ", "a" * 5000, "__proto__"))
        changed = [{(other if key == name else key): value for key, value in row.items()} for row in rows]
        return Sent("jsonl", _text("jsonl", changed, draw), rows, False)
    names = lines[0].rstrip(b"\r").split(b",")
    place = draw.randrange(len(names))
    names = draw.choice(
        (
            [*names[:place], *names[place + 1 :]],
            [*names, names[place]],
            [*names[:place], draw.choice((b"", MARK.encode(), b'"', names[place].upper())), *names[place + 1 :]],
            draw.sample(names, len(names)),
            [*names, MARK.encode()],
            [],
        )
    )
    return Sent("csv", b"\n".join([*([b",".join(names)] if names else []), *lines[1:]]), rows, False)


def _packing(ending: str, rows: list[dict], draw: Random) -> Sent:
    """A gzip cut off, damaged, packed twice, doubled, with something behind it, or none."""
    packed = gzip.compress(plain := _text(ending, rows, draw), mtime=0)
    torn = bytearray(packed)
    torn[draw.randrange(len(torn))] ^= 1 << draw.randrange(8)
    forms = (
        packed[: draw.randrange(len(packed))],
        bytes(torn),
        gzip.compress(packed),
        packed + packed,
        packed + b"x",
        plain,
    )
    return Sent(f"{ending}.gz", draw.choice(forms), rows, False)


def _packed(ending: str, data: bytes, draw: Random) -> tuple[str, bytes]:
    if ending != "parquet" and draw.random() < 0.3:
        return f"{ending}.gz", gzip.compress(data, mtime=0)
    return ending, data


def _text(ending: str, rows: list[dict], draw: Random) -> bytes:
    if ending == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=draw.random() < 0.5) + "\n" for row in rows).encode(
            "utf-8", "replace"
        )
    names = [column.name for column in load_contracts()[TABLES[ending]].columns]
    cells = [["" if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    out = io.StringIO(newline="")
    if ending == "csv":
        quoting = draw.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
        csv.writer(out, lineterminator=draw.choice(("\n", "\r\n")), quoting=quoting).writerows([names, *cells])
        return out.getvalue().encode("utf-8", "replace")
    sink = io.BytesIO()
    columns = [pa.array([cell or None for cell in column]) for column in zip(*cells, strict=True)]
    pq.write_table(pa.table(columns, names), sink, write_page_checksum=True)
    return sink.getvalue()
