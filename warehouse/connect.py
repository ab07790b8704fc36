"""The doors to the store: the private build file for the night, the locked-down release for everybody else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import duckdb

from cartwright.warehouse.hospital import definition as hospital
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.layout import drop_study_side, lay_out, lay_out_store
from cartwright.warehouse.not_found import NoRelease, UnknownName
from cartwright.warehouse.quality import known_ledger
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import comments, creations, quoted
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.threads import spare
from cartwright.warehouse.transaction import transaction

# Nothing is installed, loaded or looked up behind the analyst's back. Python variables are not tables.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}
_ANALYST_MEMORY = "4GB"
# Trying these on every column takes half the time of a commit, and saves a hundredth of a release's size.
_NOT_WORTH_IT = "fsst,dict_fsst"


def open_build(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The private build file of the hospital, created with every raw and bookkeeping table if absent. One writer.

    The folder is made private (0700) and the file too (0600): it holds what may identify patients. Raises
    duckdb.IOException while another process has the file open.
    """
    con = open_private(settings, settings.build_db)
    try:
        with transaction(con):
            for statement in creations():
                con.execute(statement)
            lay_out_store(con)
            for statement in [*comments(), *hospital.ddl()]:
                con.execute(statement)
            for contract in load_contracts().values():
                lay_out(con, contract)
            drop_study_side(con)
            known_ledger.begin(con)
        spare(con)
    except BaseException:
        con.close()  # an open connection would keep the file from everybody else
        raise
    return con


def open_private(settings: Settings, path: Path) -> duckdb.DuckDBPyConnection:
    """A file of the restricted zone, created if absent, readable by its owner alone."""
    settings.restricted.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.restricted.chmod(0o700)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    old_mask = os.umask(0o077)
    try:
        con = duckdb.connect(path)
    finally:
        os.umask(old_mask)
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"SET disabled_compression_methods = {quoted(_NOT_WORTH_IT)}")
    con.execute(f"SET memory_limit = {quoted(settings.memory_limit)}")
    con.execute(f"SET temp_directory = {quoted(str(settings.build_db.parent / 'spill'))}")
    return con


@contextmanager
def time_limit(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """End what runs on `con` after so many seconds: it then raises duckdb.InterruptException. 0: no limit."""
    watch = threading.Timer(seconds, con.interrupt)
    watch.daemon = True
    if seconds:
        watch.start()
    try:
        yield
    finally:
        watch.cancel()


def release_folder(place: StudyPlace, release_id: str) -> Path:
    """The folder of a published release of a study. Raises UnknownName if there is none of this id."""
    folder = place.releases / release_id
    if not (folder / "manifest.json").exists():
        raise UnknownName(
            f"study {place.study_id} has no release {release_id}; `cartwright releases list` shows what there is"
        )
    return folder


def open_release(path: Path | str) -> duckdb.DuckDBPyConnection:
    """A connection for an analyst: reads one release, keeps scratch tables in memory, can touch nothing else.

    A guard rail in the analyst's own process; the boundary is file permissions and de-identified content. Raises
    NoRelease before the first one.
    """
    path = Path(path)
    if not path.exists():
        raise NoRelease(f"no release at {path}: run a refresh first")
    con = duckdb.connect(":memory:", config=_CLOSED)
    con.execute(f"ATTACH {quoted(str(path.resolve()))} AS release (READ_ONLY)")
    con.execute("USE release")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET temp_directory = ''")
    con.execute(f"SET memory_limit = {quoted(_ANALYST_MEMORY)}")
    con.execute("SET enable_external_access = false")
    # What was attached may be attached again all the same, and for writing: no file is opened from here on.
    con.execute("SET disabled_filesystems = 'LocalFileSystem'")
    con.execute("SET lock_configuration = true")
    return con


def release_url(place: StudyPlace) -> str:
    """SQLAlchemy URL (duckdb-sqlalchemy) of a study's current release: read-only, no way out of the file, settings
    locked.

    It names the file of that release, so that an engine that lives through a night stays with one.
    `sqlalchemy.create_engine(release_url(place_of(Settings())))`, and fetch inside the `with engine.connect()` block.
    """
    options = {
        "access_mode": "read_only",
        **{name: value for name, value in _CLOSED.items() if name != "python_enable_replacements"},
        "memory_limit": _ANALYST_MEMORY,
        "temp_directory": "",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    return f"duckdb:///{place.current_db.resolve()}?{urlencode(options)}"
