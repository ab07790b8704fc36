"""What a house does, as scenes that can be broken off anywhere and played again: each ends in one known state.

A house is prepared once and copied for each try. Scenes run in processes of their own, as what breaks them off may.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas  # noqa: F401 - DuckDB imports it once it is asked; a scene that is broken off is work, not imports

from cartwright.warehouse.connect import open_release
from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.quality.check_results import store
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep.backup import back_up
from cartwright.warehouse.upkeep.compact import compact as write_anew
from cartwright.warehouse.upkeep.restore import restore
from test_check_store import PASSED
from test_releases import LAB, furnish
from tiny_hospital import Hospital, releasing, sound

RECORDS = 300
TONIGHT = "fedcba9876543210"


def prepare(folder: Path) -> None:
    """`folder/house`: with yesterday's release and a delivery that waits; `folder/backup`: a backup of it."""
    hospital = furnish(Hospital(folder / "house"))
    store(hospital.con, "run", [PASSED])
    built = release.build(
        *releasing(hospital),
        "0" * 16,
        ["run"],
        [PASSED.check_id],
    )
    release.publish(hospital.place, built)
    hospital.con.execute("UPDATE adam.adtte SET cnsr = 0")  # what tonight publishes is another
    hospital.deliver(LAB, *(sound(LAB, result_no=f"T{n}", value_text=str(n)) for n in range(RECORDS)), day="2022-01-04")
    hospital.con.close()
    back_up(hospital.settings, folder / "backup")


def take(folder: Path) -> None:
    """The night's delivery."""
    hospital = Hospital(folder / "house")
    try:
        hospital.night(LAB)
        identity_key.establish(hospital.con, hospital.settings)
    finally:
        hospital.con.close()


def publish(folder: Path) -> None:
    """Tonight's release: built, then switched to."""
    hospital = Hospital.__new__(Hospital)
    hospital.settings = Settings(home=folder / "house")
    hospital.open_study()
    try:
        store(hospital.con, "run", [replace(PASSED)])
        built = release.build(
            *releasing(hospital),
            TONIGHT,
            ["run"],
            [PASSED.check_id],
        )
    finally:
        hospital.con.close()
    release.publish(hospital.place, built)


def save(folder: Path) -> None:
    """A backup."""
    back_up(Settings(home=folder / "house"), folder / "second")


def bring_back(folder: Path) -> None:
    """A backup into a new house."""
    if not Settings(home=folder / "new").build_db.exists():
        restore(Settings(home=folder / "new"), folder / "backup")


def compact(folder: Path) -> None:
    """The build file written anew."""
    settings = Settings(home=folder / "house")
    write_anew(settings, settings.build_db, ["run"])


SCENES: dict[str, Callable[[Path], None]] = {
    scene.__name__: scene for scene in (take, publish, save, bring_back, compact)
}


def state(folder: Path, name: str) -> dict[str, object]:
    """What must be as it is after a whole scene, and however often it was broken off before."""
    home = folder / ("new" if name == "bring_back" else "house")
    settings = Settings(home=home)
    place = settings.places()[0]
    with duckdb.connect(str(settings.build_db), read_only=True) as con:
        raw = con.execute(f"SELECT result_no, version_no, value_text, record_id FROM raw.{LAB} ORDER BY ALL").fetchall()
        ledger = con.execute(
            "SELECT file_name, status, records_count, loaded_count, rejected_count, duplicate_count "
            "FROM quality.delivery_ledger ORDER BY ALL"
        ).fetchall()
    found = {
        "raw": raw,
        "ledger": ledger,
        "releases": [each.release_id for each in release.list_releases(place)],
        "current": whole_release(place.current_db),
        "key": identity_key.key_id(settings) if name != "bring_back" else None,
        "left": sorted(path.name for path in (folder / "second").glob("*")) if name == "save" else [],
    }
    if name == "save":
        found["left"] = len([each for each in found["left"] if each[0].isdigit()]) > 0
    return json.loads(json.dumps(found, default=str))


def whole_release(current: Path) -> list:
    """The release that a reader gets: its id, and its tables, which must be those of its manifest."""
    folder = current.resolve().parent
    manifest = json.loads((folder / "manifest.json").read_text())
    with open_release(current) as con:
        rows = {t: con.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in manifest["tables"]}
        assert rows == {t: said["rows"] for t, said in manifest["tables"].items()}, "half a release"
        values = con.execute("SELECT cnsr FROM adam.adtte ORDER BY ALL").fetchall()
    return [folder.name, [list(row) for row in values]]  # as `state` has it


def apart(deed: Callable[[], object]) -> tuple[int, str]:
    """Do it in a forked process. Returns how that ended (-9: killed) and what it said when it failed."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 0
        try:
            os.close(ours)
            deed()
        except BaseException as error:
            code = 1
            os.write(theirs, f"{type(error).__name__}: {error}"[:4000].encode())
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        words = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), words


def fresh(template: Path, folder: Path) -> Path:
    """A copy of the prepared house to break."""
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(template, folder, symlinks=True))
