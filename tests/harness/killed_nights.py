"""Whole nights of a small house, as programs of their own that are killed; and what of a house must be as if none was.

A house is made once and copied for each trial. Its news lie ready: records new, corrected, withdrawn, deleted, wrong,
a person's number that moved. None that changed without a word: the number of such a record is made of the moment at
which a night noticed it, so that no two houses have the same; benchmarks/time_travel.py has them.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from benchmarks.time_travel import House
from cartwright.simulator.generate import simulate
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.semaphores import SHARED_MEMORY, opened
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.example import write_example
from cartwright.warehouse.upkeep.doctor_rights import left_behind

PATIENTS = 25
DONE = "  done  "  # between the time and the part of a night that has ended
TO_END = 20  # seconds that children have to end by themselves, on a busy machine
# Of these a house that was killed may differ: each names the night, or the moment it looked, not what it found.
# Ids of a night's look at a table of the treatment system are made of that moment.
OF_THE_NIGHT = {"run_id", "delivery_id", "delivered_at", "first_delivered_at"}
# What is deleted or changed without a word is dated by the night that notices; so is what is known of it.
OF_THE_MOMENT = {"as_of_at", "known_at", "first_seen_at", "last_seen_at", "gone_at", "kept_at"}
KEPT = ("raw", "quarantine", "identity", "desk", "hospital", "quality")  # schemas of the hospital's file
NOT_KEPT = {
    "quality.check_result",
    "quality.failing_key",
}  # of every run there, killed ones too; the release has its own
# Deliveries that are named by their moment have another published name, too; all of them are counted.
NOT_A_DELIVERY = "WHERE source_text NOT IN (SELECT delivery_id FROM quality.delivery_ledger)"


@dataclass
class Trial:
    """What came of one house: where each kill met it, what was left in memory, and every way in which it is wrong."""

    met: list[str] = field(default_factory=list)
    semaphores: int = 0
    wrong: list[str] = field(default_factory=list)


class Nights:
    """The houses to copy: `first` after its first night, `dated` with news that say their time, `noticed` also with
    deletions, whose time is that of the night."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.opened: dict[Path, set[Path]] = {}
        self.study = scratch / "small_study"
        write_example(self.study)
        first = scratch / "first"
        simulate(first, patients=PATIENTS, seed=7)
        code, said = self.night(first)
        assert code == 0, said
        for name in ("dated", "noticed"):
            _copy(first, scratch / name)
            life = House(scratch / name, draw=random.Random(name))
            events = [life.news, life.correction, life.withdrawal, life.merge, life.wrong]
            events += [life.deletion] if name == "noticed" else []
            for event in events:
                event()
        self.yesterday = complete_release(self.settings(first))

    def settings(self, home: Path) -> Settings:
        return Settings(home=home, studies=(self.study,), resampling="none")

    def environment(self, home: Path) -> dict[str, str]:
        """What a program of this house is started with."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("CARTWRIGHT_", "PYTHON"))}
        return ours | {
            "CARTWRIGHT_HOME": str(home),
            "CARTWRIGHT_STUDIES": str(self.study),
            "CARTWRIGHT_RESAMPLING": "none",
            "PYTHONUNBUFFERED": "1",
        }

    def begin(self, home: Path, *options: str) -> subprocess.Popen:
        """A night, as a process group of its own; what it says stands in `home.log`."""
        command = [str(Path(sys.executable).with_name("cartwright")), "refresh", *options]
        with _log(home).open("w") as said:
            return subprocess.Popen(
                command, start_new_session=True, stdout=said, stderr=said, env=self.environment(home), cwd=CHECKOUT
            )

    def night(self, home: Path, *options: str) -> tuple[int, str]:
        """A night that is left alone: how it ended, and what it said."""
        code = self.begin(home, *options).wait()
        return code, _log(home).read_text()

    def copy(self, name: str, home: Path) -> Path:
        """A house of this name to break."""
        return _copy(self.scratch / name, home)

    def never_killed(self, name: str) -> tuple[Path, list[float]]:
        """The house of this name after a night, and when each of its parts had ended, in seconds."""
        home = self.copy(name, self.scratch / f"{name}_never_killed")
        code, said = self.night(home)
        assert code == 0, said
        return home, [float(line.split()[0]) for line in said.splitlines() if DONE in line]

    def broken_off(self, home: Path, moment: float, ends: list[float], is_group: bool) -> str | None:
        """A night that is killed at this moment of the one that was left alone: all its processes, or the first alone.

        As many parts of it must have ended by then; from there on the clock counts, for machines are busy at times.
        Returns what had ended last; None: the night was over before.
        """
        parts = [0.0, *(end for end in ends if end < moment)]
        night, since = self.begin(home), time.monotonic()
        while night.poll() is None:
            done = _done(home)
            if len(done) > len(parts) - 1:  # the machine is faster now
                break
            if len(done) < len(parts) - 1:
                since = time.monotonic()
            elif time.monotonic() - since >= moment - parts[-1]:
                break
            time.sleep(0.02)
        if night.poll() is not None:
            return None
        self.opened[home] = semaphores(home)
        with suppress(ProcessLookupError):
            (os.killpg if is_group else os.kill)(night.pid, signal.SIGKILL)
        night.wait()
        return (["the start", *_done(home)])[-1]


def _done(home: Path) -> list[str]:
    """The parts of a night that have ended, as it says."""
    lines = [line for line in _log(home).read_text().splitlines() if DONE in line]
    return [line.split(DONE)[1].rsplit(maxsplit=2)[0].strip() for line in lines]


def living(home: Path) -> list[int]:
    """Processes that work for this house."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if f"CARTWRIGHT_HOME={home}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                    found.append(int(entry.name))
    return found


def semaphores(home: Path) -> set[Path]:
    """Those that processes of this house have open, which a kill leaves."""
    return opened(SHARED_MEMORY.glob("sem.*"), [Path(f"/proc/{pid}") for pid in living(home)])


def outlived(home: Path) -> list[int]:
    """Processes that are still there after the time that they have to end by themselves."""
    deadline = time.monotonic() + TO_END
    while (found := living(home)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def complete_release(settings: Settings) -> str:
    """The id of the release that a reader gets. Every table must be the one of its manifest."""
    place = settings.places()[0]
    folder = place.current.resolve()
    manifest = json.loads((folder / "manifest.json").read_text())
    with duckdb.connect(str(place.current_db), read_only=True) as con:
        for table, said in manifest["tables"].items():
            schema, name = table.split(".")
            parquet = folder / "parquet" / schema / f"{name}.parquet"
            assert hashlib.sha256(parquet.read_bytes()).hexdigest() == said["sha256"], f"{table}: half a release"
            (rows,) = con.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert rows == said["rows"], f"{table}: half a release"
    assert (folder / "report.html").stat().st_size, "half a release"
    assert manifest["release_id"] == folder.name
    return folder.name


def held(settings: Settings) -> dict[str, tuple]:
    """Rows, and a hash without their order, of every table that a house holds and publishes, but for what is of a
    night and not of what was delivered."""
    found = {}
    for path, schemas in ((settings.build_db, KEPT), (settings.places()[0].current_db, None)):
        with duckdb.connect(str(path), read_only=True) as con:
            con.execute("SET TimeZone = 'UTC'")
            tables = con.execute(
                "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE $1 IS NULL OR schema_name IN "
                "(SELECT unnest($1::VARCHAR[]))",
                [schemas and list(schemas)],
            ).fetchall()
            for (table,) in tables:
                if schemas is None or table not in NOT_KEPT:
                    found[f"{path.stem}:{table}"] = _content(con, table)
    return found


def _content(con: duckdb.DuckDBPyConnection, table: str) -> tuple:
    columns = [name for name, *_ in con.execute(f"SELECT * FROM {table} LIMIT 0").description]
    shown = [f'"{name}"' for name in columns if name not in OF_THE_NIGHT | OF_THE_MOMENT]
    # The number of a deletion is made of the moment at which somebody looked.
    if "is_deleted" in columns:
        shown[shown.index('"record_id"')] = "CASE WHEN is_deleted THEN 'deleted' ELSE record_id END AS record_id"
    if not shown:
        return con.execute(f"SELECT count(*) FROM {table}").fetchone()
    kept = NOT_A_DELIVERY if table == "identity.published_id" else ""
    query = f"SELECT bit_xor(hash(t)), sum(hash(t)) FROM (SELECT {', '.join(shown)} FROM {table} {kept}) AS t"
    return *con.execute(f"SELECT count(*) FROM {table}").fetchone(), *con.execute(query).fetchone()


def inexact(settings: Settings) -> list[str]:
    """Where the ledger does not add up: what was delivered, loaded, rejected and doubled, and what is there."""
    wrong = []
    with duckdb.connect(str(settings.build_db), read_only=True) as con:
        (bad,) = con.execute(
            "SELECT count(*) FROM quality.delivery_ledger "
            "WHERE records_count <> loaded_count + rejected_count + duplicate_count"
        ).fetchone()
        wrong += [f"{bad} deliveries do not add up"] * bool(bad)
        for table in load_contracts():
            (rows, ids), (loaded,) = (
                con.execute(
                    f"SELECT count(*), count(DISTINCT record_id) FROM raw.{table} WHERE NOT is_deleted"
                ).fetchone(),
                con.execute(
                    "SELECT coalesce(sum(loaded_count), 0) FROM quality.delivery_ledger WHERE table_name = ?", [table]
                ).fetchone(),
            )
            wrong += [f"{table}: {loaded} loaded, {rows} held, {ids} different"] * (not loaded == rows == ids)
    return wrong


def ingredients(settings: Settings) -> dict:
    """What the current release was made of, but for the moment up to which it knows."""
    manifest = json.loads((settings.places()[0].current / "manifest.json").read_text())
    return {name: value for name, value in manifest["ingredients"].items() if name != "as_of_at"}


def left_over(settings: Settings) -> list[str]:
    """What the doctor finds left behind in the house."""
    found = [finding.words for finding in left_behind(settings) if finding.is_problem]
    return [words for words in found if str(settings.home) in words]


def _log(home: Path) -> Path:
    return home.with_name(f"{home.name}.log")


def _copy(house: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(house), str(folder)], check=True)
    return folder
