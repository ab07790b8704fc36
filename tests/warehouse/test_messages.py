"""No message of the intake quotes what was sent: a canary in every column, in every kind of broken file."""

from __future__ import annotations

import json
import logging
import sqlite3

import pytest

from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.quality import findings
from tiny_hospital import Hospital

FILES = [c for c in load_contracts().values() if c.source.kind == "file"]
TABLES = [c for c in load_contracts().values() if c.source.kind == "table"]
CANARY = "CANARY"


def canaries(contract: Contract) -> list[str]:
    return [f"{CANARY} {place}" for place, _ in enumerate(contract.columns)]


def broken_files(contract: Contract) -> dict[str, tuple[str, bytes]]:
    """Ways to send the canaries: name -> (format, content)."""
    names, values = [c.name for c in contract.columns], canaries(contract)
    header, line = ",".join(names), ",".join(values)
    lists = [c.name for c in contract.columns if c.type == "list"]
    record = dict(zip(names, values, strict=True))
    deep = record | {name: [{CANARY: CANARY, "lesion_code": CANARY}] for name in lists}
    texts = {
        "every value": f"{header}\n{line}\n",
        "no header": f"{line}\n{line}\n",
        "values twice as header": ",".join([CANARY] * len(names)) + "\n" + line,
        "a name that is a person": f"{header},{CANARY}\n{line},{CANARY}\n",
        "too many fields": f"{header}\n{line},{CANARY}\n",
        "open quotation mark": f'{header}\n"{line}\n{line}\n',
        "stray quotation mark": f'{header}\n"{CANARY}" {line}\n',
        "header in the middle": f"{header}\n{line}\n{header}\n",
        "turned header in the middle": f"{header}\n{line}\n" + ",".join(names[::-1]) + "\n",
        "nul": f"{header}\n{line}\0\n",
        "tabs": f"{header}\n{line}\n".replace(",", "\t"),
        "one long line": CANARY * 1_000_000,
    }
    sent = {name: ("csv", text.encode()) for name, text in texts.items()}
    sent["not UTF-8"] = ("csv", f"{header}\n{line}".encode() + b"\xff\n")
    objects = {"object": deep, "array": [record], "text": CANARY, "other keys": {CANARY: CANARY}}
    for name, value in objects.items():
        sent[f"JSON {name}"] = ("jsonl", json.dumps(value).encode())
    twice = json.dumps(deep)[:-1] + f', "{names[0]}": "{CANARY}"}}'
    sent["JSON key twice"] = ("jsonl", twice.encode())
    sent["JSON torn"] = ("jsonl", json.dumps(deep)[:-1].encode())
    sent["no Parquet"] = ("parquet", b"PAR1" + CANARY.encode() * 9 + b"PAR1")
    sent["no gzip"] = ("csv.gz", b"")
    return sent


def said(hospital: Hospital, *more: object) -> str:
    """Everything that may be published of the night, and what else was said."""
    tables = ("quality.delivery_ledger", "quality.rejected_record")
    published = [hospital.rows(f"SELECT to_json(t)::VARCHAR FROM {table} AS t") for table in tables]
    return json.dumps([str(published), *map(str, more)])


@pytest.mark.parametrize("contract", FILES, ids=lambda c: c.table)
def test_no_broken_file_is_quoted(hospital, contract, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    sent = broken_files(contract)
    for place, (ending, data) in enumerate(sent.values(), start=10):
        hospital.deliver_text(contract.table, data, ending=ending, suffix=f"_{place}")
    strange = hospital.settings.feeds / contract.feed / "2022-01-03" / f"{CANARY}.csv"
    strange.write_text(CANARY)
    hospital.deliver_text(contract.table, next(iter(sent.values()))[1], suffix=f"_{CANARY}")
    report = hospital.night(contract.table)
    assert report.deliveries == len(sent) + 1
    assert report.loaded == 0
    found = findings.results(hospital.con, hospital.settings)
    assert CANARY not in said(hospital, report, found, caplog.text, *capsys.readouterr())


@pytest.mark.parametrize("contract", TABLES, ids=lambda c: c.table)
def test_no_row_of_the_ehr_is_quoted(hospital, contract, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    names = [c.name for c in contract.columns]
    hospital.settings.feeds.mkdir(parents=True)
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute(f'CREATE TABLE {contract.source.name} ({", ".join(names)}, "{CANARY}")')
        marks = ", ".join("?" * (len(names) + 1))
        db.execute(f"INSERT INTO {contract.source.name} VALUES ({marks})", [*canaries(contract), CANARY])
        for place, _ in enumerate(names):  # one odd value each
            row = [*canaries(contract), CANARY]
            row[place] = f"{CANARY}\0".encode() + b"\xff"
            db.execute(f"INSERT INTO {contract.source.name} VALUES ({marks})", row)
    report = hospital.night(contract.table)
    assert report.rejected == len(names) + 1
    linked = identity.refresh(hospital.con, hospital.settings)
    found = findings.results(hospital.con, hospital.settings)
    assert CANARY not in said(hospital, report, linked, found, caplog.text, *capsys.readouterr())
