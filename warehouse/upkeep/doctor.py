"""The examination of an installation, as far as the store goes: settings, rights, key, disk, clocks, databases."""

from __future__ import annotations

import importlib.metadata
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb
import sqlalchemy as sa

from cartwright.warehouse.alarms import house_alarms
from cartwright.warehouse.counted import counted
from cartwright.warehouse.hospital.check import check_folder
from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.read_ehr import connected
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.loader import StudyError, read_study
from cartwright.warehouse.upkeep.doctor_rights import rights
from cartwright.warehouse.upkeep.examined import Finding
from cartwright.warehouse.upkeep.locked import locked

LOCK = CHECKOUT / "requirements" / "base.lock"
_SECONDS_APART = 60  # clocks that differ by more put events of one night into the wrong order
_HOUSE_REMEDIES = {
    "disk": "free space, or move the house to a larger disk; `cartwright releases prune` removes old releases",
    "landing_zone": "mount the landing zone again, or correct CARTWRIGHT_FEEDS",
    "key": "`chmod 600` where others may read it, and `cartwright key rotate` if somebody may have; "
    "else put it back from its backup",
}


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, sound or not, in the order in which one would look."""
    yield from _alerts(settings)
    yield from _definitions(settings)
    yield from rights(settings)
    for look, about, sound in (
        (house_alarms.key, "key", "sound"),
        (house_alarms.disk, "disk", "enough for three nights"),
        (house_alarms.landing_zone, "landing zone", "there"),
    ):
        alarms = look(settings)
        yield from (Finding(alarm.kind, about, alarm.words, _HOUSE_REMEDIES[alarm.kind]) for alarm in alarms)
        if not alarms:
            yield Finding(about.replace(" ", "_"), about, sound)
    yield from _clock(settings)
    yield from _ehr(settings)
    yield _build_file(settings)
    yield from versions(LOCK)


def _alerts(settings: Settings) -> Iterator[Finding]:
    is_simulated = settings.simulated_marker.exists()
    for name, value, remedy in (
        ("CARTWRIGHT_ALERT", settings.alert, "set it to who should be told, then `cartwright alert test`"),
        ("CARTWRIGHT_PING", settings.ping, "set it to the URL of a watcher that notices when nothing is published"),
    ):
        if value is None:
            yield Finding("alerts", "alerts", f"{name} is not set", remedy, is_note=is_simulated)
        else:
            yield Finding("alerts", "alerts", f"{name} is set")


def _definitions(settings: Settings) -> Iterator[Finding]:
    defects = check_folder(settings.hospital).defects
    if defects:
        words, remedy = counted(len(defects), "defect"), "`cartwright hospital check` lists them with file and line"
        yield Finding("hospital", "hospital", words, remedy)
    else:
        yield Finding("hospital", "hospital", "sound")
    for place in settings.places():
        try:
            read_study(place.folder)
        except (StudyError, OSError) as error:
            remedy = "correct the files of the study; a night says the same words"
            yield Finding("study", f"study {place.study_id}", str(error), remedy)
        else:
            yield Finding("study", f"study {place.study_id}", "sound")


def _clock(settings: Settings) -> Iterator[Finding]:
    found = []
    try:
        with NamedTemporaryFile(dir=settings.home) as probe:
            apart = os.stat(probe.name).st_mtime - time.time()
    except OSError:
        found.append(("nothing can be written into the house", "run as its owner; see its disk and rights"))
    else:
        if abs(apart) > _SECONDS_APART:
            words = f"the disk's clock and the machine's are {abs(apart):.0f} s apart"
            found.append((words, "set both by NTP (a network file system has a clock of its own)"))
    now = datetime.now(UTC)
    for path in settings.home.glob("studies/*/current/manifest.json"):
        built = datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["built_at"])
        if (built - now).total_seconds() > _SECONDS_APART:
            words = f"the current release of {path.parts[-3]} was built in the future"
            found.append((words, "the clock was set back: set it by NTP before the next night"))
    yield from (Finding("clock", "clock", *each) for each in found)
    if not found:
        yield Finding("clock", "clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _ehr(settings: Settings) -> Iterator[Finding]:
    try:
        with connected(settings, load_hospital(settings.hospital).zone) as con:
            con.execute(sa.text("SELECT 1")).scalar_one()
            theirs = None
            if con.dialect.name == "postgresql":
                theirs = con.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    except Refusal as refusal:
        if settings.was_used or settings.ehr_is_elsewhere:
            yield Finding("ehr", "treatment database", str(refusal), "nights go on without it and take it later")
        else:
            yield Finding("ehr", "treatment database", "not there yet", "see CARTWRIGHT_EHR_URL", is_note=True)
        return
    except (ValueError, OSError) as error:  # a hospital's folder that cannot be read is a finding of its own
        yield Finding("ehr", "treatment database", f"not looked at ({type(error).__name__})", "see above", is_note=True)
        return
    yield Finding("ehr", "treatment database", "answers")
    if theirs is not None and abs(apart := float(theirs) - time.time()) > _SECONDS_APART:
        words = f"the clock of the treatment database is {abs(apart):.0f} s apart from ours"
        yield Finding("clock", "clock", words, "set both by NTP")


def _build_file(settings: Settings) -> Finding:
    about = "build file"
    if not settings.build_db.exists():
        return Finding("build_file", about, "none yet", "the first night makes it", is_note=True)
    try:
        with duckdb.connect(settings.build_db, read_only=True) as con:
            tables = one_value(con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'raw'"))
    except duckdb.IOException as error:
        if "lock" in str(error):
            return Finding("build_file", about, "a night is writing it")
        remedy = "restore `restricted/` from its backup (`cartwright restore`); never delete the file"
        return Finding("build_file", about, "cannot be read", remedy)
    except duckdb.Error as error:
        remedy = "restore `restricted/` from its backup (`cartwright restore`); never delete the file"
        return Finding("build_file", about, f"cannot be read ({type(error).__name__})", remedy)
    return Finding("build_file", about, f"{tables} raw tables, {settings.build_db.stat().st_size >> 20} MiB")


def versions(lock: Path) -> Iterator[Finding]:
    """Packages that are installed in another version than the lock says, or not at all."""
    wrong = []
    for wanted, _ in locked(lock):
        if wanted.marker is None or wanted.marker.evaluate():
            try:
                found = importlib.metadata.version(wanted.name)
            except importlib.metadata.PackageNotFoundError:
                found = "not there"
            if not wanted.specifier.contains(found if found != "not there" else "0", prereleases=True):
                wrong.append(f"{wanted} ({found})")
    if wrong:
        remedy = "install requirements/base.lock, then restart the units"
        yield Finding("versions", "versions", ", ".join(wrong), remedy)
    else:
        yield Finding("versions", "versions", f"those of the lock; duckdb {duckdb.__version__}")
