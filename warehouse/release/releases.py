"""Releases: built in private, published whole or not at all, never changed afterwards.

`studies/<study>/releases/<id>/` holds release.duckdb (all published tables with their comments), parquet/,
manifest.json, the report and figures. `current` beside it is a symbolic link that moves in one step; `current.duckdb`
leads through it. Of persons a release carries what is known of the study's screened subjects only, up to its data cut.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from cartwright.warehouse.connect import release_folder
from cartwright.warehouse.disk import sync
from cartwright.warehouse.identity.key import key_id
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.quality.check_results import blocking_problems
from cartwright.warehouse.release import carry, guard, published, tables, write
from cartwright.warehouse.release.diff import diff
from cartwright.warehouse.release.fingerprint import code_digest, ingredients, release_id
from cartwright.warehouse.release.switch import DATABASE, point_current_at
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.transaction import transaction

__all__ = ["NotPublished", "Release", "build", "diff", "list_releases", "publish", "release_id", "rollback"]

_MANIFEST = "manifest.json"
_SYNCED_AT_ONCE = 16  # of hundreds of files


class NotPublished(Exception):
    """The release stays private and `current` where it was; the message says why."""


@dataclass(frozen=True)
class Release:
    """A published release; `as_of`: the state of knowledge that it was built of. `is_new` is false when the same inputs
    had been published before."""

    release_id: str
    path: Path
    built_at: str
    as_of: str
    is_current: bool
    is_new: bool = False


def build(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    place: StudyPlace,
    search: guard.Search,
    release_id: str,
    run_ids: Sequence[str],
    required_fatal_ids: Collection[str],
    may_be_not_applicable: Collection[str] = (),
    is_full: bool = False,
) -> Path:
    """Write the tables of a release into a private folder and return the folder; its files are added after. What has
    not changed is taken over from the release before (`carry`), unless is_full.

    con: the file of the study, with the hospital's beside it for writing (`open_study(..., may_name=True)`); search:
    whom nothing may name.
    run_ids: this run, and the one that built the hospital, if that is another. required_fatal_ids: the checks that
    `publish` will demand, present and passed, of these runs.
    Raises IdentifyingContent when a published table would carry identifiers, NotPublished when the release would not
    have the rows of the build file.
    """
    building = place.workshop / "building"
    shutil.rmtree(building, ignore_errors=True)  # what a killed night has left
    folder = building / release_id
    (folder / "parquet").mkdir(mode=0o700, parents=True)
    names = tables.published_tables(con)
    guard.refuse_columns(con, names, build_name := one_value(con.execute("SELECT current_database()")))
    texts = published.text_columns(con, names, build_name, place.folder)
    written = tables.described(con, texts, run_ids)
    published.show_texts(
        con, settings, place.folder, texts, lambda text: search.names_somebody(text) or search.tells_birth(text)
    )
    taken = carry.carried(con, place, written, _basis(con, settings, written), is_full)
    keys_of = published.show_keys(con, settings, texts, {table.name: taken.rows(table.name) for table in written})
    try:
        if taken.base is not None:
            shutil.copyfile(taken.base / DATABASE, folder / DATABASE)
        con.execute(f"ATTACH {quoted(str(folder / DATABASE))} AS release")
        with transaction(con):  # one commit: a thousand comments would each wait for the disk
            carry.make_room(con, "release", taken, written)
            hashes = {table.name: write.write(con, table, keys_of[table.name], folder, taken) for table in written}
        guard.refuse_texts(con, names, "release", search)
        con.execute("CHECKPOINT release")
        counted = _counted(con, written, hashes)
        manifest = _manifest(con, settings, place, release_id, run_ids, counted)
    except BaseException:
        with suppress(duckdb.Error):  # the first error is the one that is told
            con.execute("DETACH release")
        raise
    con.execute("DETACH release")
    if settings.cdisc:
        for name, content in _exports(folder / DATABASE, release_id):
            guard.refuse_files({name: content}, search)
            _write_file(folder / name, content)
    manifest["required_checks"] = sorted(required_fatal_ids)
    manifest["may_be_not_applicable"] = sorted(may_be_not_applicable)
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return folder


def add_files(search: guard.Search, built_path: Path, files: Mapping[str, Path | bytes]) -> None:
    """Put files beside the tables of a built release. search: as of `build`; files: name below the release
    (`report.html`, `figures/os.svg`) -> content or file. Raises IdentifyingContent, and adds none, when one would carry
    identifiers.
    """
    guard.refuse_files(files, search)
    for name, content in files.items():
        _write_file(built_path / name, content)


def _write_file(target: Path, content: Path | bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.read_bytes())


def _exports(database: Path, release_id: str) -> Iterator[tuple[str, bytes]]:
    """The CDISC data sets of a release whose tables are written."""
    from cartwright.warehouse.cdisc.write import files  # heavy, and only a house that asks for it needs it

    for name, content in files(database, release_id):
        yield f"exports/cdisc/{name}", content


def _basis(con: duckdb.DuckDBPyConnection, settings: Settings, written: Sequence[tables.Table]) -> str:
    """Hash of what decides how a row of the build file is shown: program, key, cut, and what the tables are like."""
    cut = one_value(con.execute("SELECT data_cut_date FROM meta.build"))
    parts = [code_digest(), duckdb.__version__, key_id(settings), str(cut), [table.decides() for table in written]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _counted(
    con: duckdb.DuckDBPyConnection, written: Sequence[tables.Table], hashes: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    """Rows and hash of each table. Raises NotPublished where the rows are not those of the build file."""
    due, rows = carry.rows_due(con), write.counts(con, written)
    if other := [table.name for table in written if rows[table.name] != due.get(table.name, 0)]:
        raise NotPublished(
            f"{', '.join(other)}: not the rows of the build file, as the release before was changed or its books are "
            "wrong; run `cartwright refresh --full`, which takes nothing over"
        )
    return {table.name: {"rows": rows[table.name], "sha256": hashes[table.name]} for table in written}


def publish(place: StudyPlace, built_path: Path) -> Release:
    """Make a built release the current one of its study. The gate: it reads the run's checks from the release itself.

    Inputs that were published before give the same id: that release stays as it is and becomes current again.
    Raises NotPublished when a required check is missing or did not pass, the file is not closed, or the same inputs
    gave other tables than before: then something decides that the id does not know.
    """
    manifest = json.loads((built_path / _MANIFEST).read_text(encoding="utf-8"))
    if leftovers := sorted(path.name for path in built_path.glob("*.wal")):
        raise NotPublished(f"the database was not closed properly: {', '.join(leftovers)} is left; build it again")
    with duckdb.connect(built_path / DATABASE, read_only=True) as con:
        problems = blocking_problems(
            con, manifest["checked_by"], manifest["required_checks"], manifest["may_be_not_applicable"]
        )
    if problems:
        raise NotPublished("the current release stays: " + "; ".join(problems))
    target = place.releases / manifest["release_id"]
    is_new = not target.exists()
    if is_new:
        place.releases.mkdir(parents=True, exist_ok=True)
        make_immutable(built_path)
        os.rename(built_path, target)
        sync(place.releases)
    else:
        _demand_equal(json.loads((target / _MANIFEST).read_text(encoding="utf-8")), manifest)
        shutil.rmtree(built_path)
    point_current_at(place, target)
    return _release(place, target, is_new)


def publish_again(place: StudyPlace, release_id: str) -> Release | None:
    """Make current what was published of the same inputs, for who made nothing anew; None where it is gone."""
    target = place.releases / release_id
    if not target.exists():
        return None
    point_current_at(place, target)
    return _release(place, target)


def _demand_equal(published: Mapping, built: Mapping) -> None:
    """Tables that follow from the inputs must be those that were published under the same id."""
    old, new = published["tables"], built["tables"]
    followed = [table for table in {**old, **new} if not table.startswith(carry.TELLS_OF_THE_RUN)]
    if differing := sorted(table for table in followed if old.get(table) != new.get(table)):
        raise NotPublished(
            f"release {built['release_id']} was published before from the same inputs with other content in "
            f"{', '.join(differing)}; it stays, and tonight's build is kept for comparison"
        )


def list_releases(place: StudyPlace) -> list[Release]:
    """All releases of a study, the oldest first."""
    folders = [path.parent for path in place.releases.glob(f"*/{_MANIFEST}")]
    return sorted((_release(place, folder) for folder in folders), key=lambda r: (r.built_at, r.release_id))


def rollback(place: StudyPlace, release_id: str) -> Release:
    """Make an earlier release current again. Nothing is rebuilt and nothing deleted. Raises UnknownName."""
    target = release_folder(place, release_id)
    point_current_at(place, target)
    return _release(place, target)


def _manifest(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    place: StudyPlace,
    release_id: str,
    run_ids: Sequence[str],
    counted: dict[str, dict],
) -> dict[str, object]:
    build = con.execute("SELECT data_cut_date, hospital_zone, is_simulated FROM meta.build")
    cut, zone, simulated = one_row(build)
    study_id, title = one_row(con.execute("SELECT study_id, title FROM study.study"))
    deliveries = con.execute("""
        SELECT table_name, count(*), sum(records_count)::BIGINT, sum(loaded_count)::BIGINT,
               sum(rejected_count)::BIGINT, sum(duplicate_count)::BIGINT
        FROM release.quality.delivery_ledger WHERE status IN ('loaded', 'empty')
        GROUP BY table_name ORDER BY table_name""").fetchall()
    refused = con.execute(
        "SELECT table_name, file_name, status, message FROM release.quality.delivery_ledger "
        "WHERE status IN ('refused', 'absent') ORDER BY ALL"
    ).fetchall()
    checks = con.execute(
        "SELECT severity, outcome, count(*) FROM release.quality.check_result GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    names = ("deliveries", "records", "loaded", "rejected", "duplicates")
    return {
        "release_id": release_id,
        "run_id": run_ids[0],
        "checked_by": list(run_ids),
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "study_id": study_id,
        "title": title,
        "is_simulated": simulated,
        "data_cut_date": cut.isoformat(),
        "hospital_zone": zone,
        "ingredients": ingredients(con, settings, place),
        "software": {"cartwright": version("cartwright"), "duckdb": duckdb.__version__},
        "inputs": {table: dict(zip(names, figures, strict=True)) for table, *figures in deliveries},
        "not_taken": [dict(zip(("table", "file", "status", "message"), row, strict=True)) for row in refused],
        "checks": [dict(zip(("severity", "outcome", "count"), row, strict=True)) for row in checks],
        "tables": counted,
    }


def make_immutable(folder: Path) -> None:
    """Take the right to change a release from everybody, and wait until it is on the disk."""
    paths = [*folder.rglob("*"), folder]
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o444)
    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:  # a disk is not slower for several than for one
        list(pool.map(sync, paths))


def _release(place: StudyPlace, folder: Path, is_new: bool = False) -> Release:
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    is_current = place.current.exists() and place.current.resolve() == folder.resolve()
    as_of = manifest.get("ingredients", {}).get("as_of_at") or ""
    return Release(manifest["release_id"], folder, manifest["built_at"], as_of, is_current, is_new)
