"""A record entered twice, with one field otherwise the second time, is one patient's matter: the night publishes.

Every row of the treatment system gets a twin under a number of its own, which has one value of another row.
"""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.simulator.generate import simulate
from cartwright.warehouse.intake.contracts import load_contracts

pytestmark = pytest.mark.slow
WHO_IS_WHO = ("ehr_patient", "ehr_patient_link")  # a second one is another person, or nobody
NOT_ANOTHERS = ("mrn", "row_status", "updated_at")


def enter_twice(database: Path, seed: int) -> int:
    """Returns how many twins there are."""
    chance, made = random.Random(seed), 0
    with sqlite3.connect(database) as con:
        for contract in load_contracts().values():
            if contract.source.kind != "table" or contract.table in WHO_IS_WHO:
                continue
            table, key = contract.source.name, contract.key[0]
            names = [name for _, name, *_ in con.execute(f"PRAGMA table_info({table})")]
            rows = con.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
            free = [place for place, name in enumerate(names) if name not in (key, *NOT_ANOTHERS)]
            twins = [list(row) for row in rows]
            for twin in twins:
                twin[names.index(key)] = f"{twin[names.index(key)]}-b"
                place = chance.choice(free)
                twin[place] = chance.choice(rows)[place]
            con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", twins)
            made += len(twins)
    return made


def test_twins_of_every_record_stop_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size, tell) -> None:
    monkeypatch.setenv("CARTWRIGHT_RESAMPLING", "none")
    for seed in range(1, size(1, 12) + 1):
        home = tmp_path / f"house{seed}"
        simulate(home, patients=60, seed=5)
        made = enter_twice(home / "feeds" / "ehr.sqlite", seed)
        monkeypatch.setenv("CARTWRIGHT_HOME", str(home))
        night = CliRunner().invoke(app, ["refresh", "--quiet"])
        assert night.exit_code == 0, night.output
        tell(f"seed {seed}: {made:,} twins, published")
