"""Whoever reads while releases change sees one release, whole: by the shell's connection, by SQLAlchemy, by Parquet."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

import duckdb
import sqlalchemy as sa

from cartwright.warehouse.connect import open_release, release_url
from cartwright.warehouse.study.place import StudyPlace
from test_releases import publish

BOTH = "SELECT (SELECT min(n) FROM {0}), (SELECT max(n) FROM {0}), (SELECT min(n) FROM {1}), (SELECT max(n) FROM {1})"
TABLES = ("adam.adsl", "adam.adtte")


def by_shell(place: StudyPlace) -> tuple:
    with open_release(place.current_db) as con:
        first = con.execute(BOTH.format(*TABLES)).fetchone()
        return first + con.execute(BOTH.format(*TABLES)).fetchone()


def by_sqlalchemy(place: StudyPlace) -> tuple:
    engine = sa.create_engine(release_url(place))
    with engine.connect() as con:
        first = tuple(con.exec_driver_sql(BOTH.format(*TABLES)).fetchone())
    with engine.connect() as con:
        return first + tuple(con.exec_driver_sql(BOTH.format(*TABLES)).fetchone())


def by_parquet(place: StudyPlace) -> tuple:
    """As docs/analysts.md says: the folder of the release is looked up once."""
    folder = place.current.resolve()
    files = [f"'{folder}/parquet/{table.replace('.', '/')}.parquet'" for table in TABLES]
    with duckdb.connect() as con:
        return con.execute(BOTH.format(*files)).fetchone()


def by_the_database_itself(place: StudyPlace) -> tuple:
    """Somebody else's program, which knows nothing of this one."""
    with duckdb.connect(str(place.current_db), read_only=True) as con:
        return con.execute(BOTH.format(*TABLES)).fetchone()


WAYS = (by_shell, by_sqlalchemy, by_parquet, by_the_database_itself)


def _read(place: StudyPlace, way: Callable, ended: Event, seen: list) -> None:
    while not ended.is_set():
        try:
            numbers = set(way(place))
            seen.append(numbers.pop() if len(numbers) == 1 else f"mixed: {sorted(numbers)}")
        except Exception as error:
            seen.append(f"{type(error).__name__}: {error}")
        time.sleep(0.1)  # readers must not keep the writer from its releases


def _reader(place: StudyPlace, way: Callable, threads: int, ended: Event, said: multiprocessing.Queue) -> None:
    """A process in which so many read. One way each, as one process has one configuration of a file."""
    seen: list = []
    readers = [threading.Thread(target=_read, args=(place, way, ended, seen)) for _ in range(threads)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    said.put(seen)


def test_readers_through_releases_see_each_whole(house, size, tell):
    readers, releases = size(16, 64), size(10, 100)
    for table in TABLES:
        house.con.execute(f"ALTER TABLE {table} ADD COLUMN n INTEGER; UPDATE {table} SET n = 0")
    publish(house)
    context = multiprocessing.get_context("spawn")
    ended, said = context.Event(), context.Queue()
    processes = [
        context.Process(target=_reader, args=(house.place, way, readers // len(WAYS), ended, said)) for way in WAYS
    ]
    for process in processes:
        process.start()
    try:
        for number in range(1, releases + 1):
            for table in TABLES:
                house.con.execute(f"UPDATE {table} SET n = {number}")
            publish(house, f"{number:016x}")
    finally:
        ended.set()
    found = [said.get(timeout=300) for _ in processes]
    for process in processes:
        process.join(60)
    everything = [each for seen in found for each in seen]
    wrong = [each for each in everything if isinstance(each, str)]
    mixed = sum(each.startswith("mixed") for each in wrong)
    tell(
        f"{readers} readers, {releases} releases: {len(everything)} readings of {len(set(everything) - set(wrong))} "
        f"releases, {len(wrong) - mixed} errors, {mixed} mixed"
    )
    assert wrong == []
    assert all(found), "each way read something"
    assert len(set(everything)) > 1, "the readers saw releases change"
