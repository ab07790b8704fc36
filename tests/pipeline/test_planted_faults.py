"""One planted fault for every fatal check: the check finds it, names its key, and nothing is published.

Faults are planted in copies of a finished night. Arriving: all at once, each in a row of its own. Leaving: one by one.
dbt tests: each in a transaction that is rolled back.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from cartwright.expectations import arriving, leaving
from cartwright.expectations.check import Check
from cartwright.expectations.run import Verdict, run
from cartwright.orchestration.dbt import declared_tests as dbt_tests
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.quality.check_results import blocking_problems
from cartwright.warehouse.release.releases import NotPublished, publish
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.loader import read_study
from cartwright.warehouse.study.place import StudyPlace
from faults_leaving import faults
from houses import House, one_file
from whole_project import whole_manifest

pytestmark = pytest.mark.slow

ARRIVING = [check for check in arriving.checks() if check.severity == "fatal"]
ROWS_DUE = [check for check in ARRIVING if check.is_due]
IN_ROWS = [check for check in ARRIVING if not check.is_due]
STUDY = read_study(Settings().studies[0])
LEAVING = [
    check
    for check in (*arriving.bookkeeping_checks(), *leaving.checks(STUDY), *leaving.results_checks(STUDY))
    if check.severity == "fatal"
]
LEAVING_FAULTS = faults(STUDY, LEAVING)
MANIFEST = whole_manifest()
DBT = sorted((t for t in dbt_tests.tests(MANIFEST) if dbt_tests.severity(t) == "fatal"), key=dbt_tests.check_id)


@dataclass(frozen=True)
class Planted:
    """The verdicts on a spoiled copy, and the key of the row that each check should have found."""

    verdicts: dict[str, Verdict]
    keys: dict[str, str]


@pytest.fixture(scope="module")
def spoiled_rows(house: House, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A fault for every check of single raw rows, each in another record, all in one copy."""
    path = tmp_path_factory.mktemp("rows") / "build.duckdb"
    shutil.copy(house.settings.build_db, path)
    keys: dict[str, str] = {}
    with duckdb.connect(str(path)) as con:
        for table in dict.fromkeys(check.table for check in IN_ROWS):
            of_table = [check for check in IN_ROWS if check.table == table]
            records = [
                record
                for (record,) in con.execute(
                    f"SELECT record_id FROM {table} WHERE NOT is_deleted ORDER BY record_id LIMIT {len(of_table)}"
                ).fetchall()
            ]
            assert records, f"{table} is empty in the simulated study: its checks cannot be proven"
            for number, check in enumerate(of_table):
                keys[check.check_id] = _spoil(con, check, records[number % len(records)])
    return Planted({v.check.check_id: v for v in run(path, IN_ROWS)}, keys)


def _spoil(con: duckdb.DuckDBPyConnection, check: Check, record: str) -> str:
    """Break the rule of `check` at `record`; the key that must be reported."""
    where = f"WHERE record_id = '{record}'"
    *_, name, rule = check.check_id.split(".")
    contract = load_contracts()[check.table.partition(".")[2]]
    match rule:
        case "record_id_unique":
            con.execute(f"INSERT INTO {check.table} SELECT * FROM {check.table} {where}")
        case "version_loaded_once":
            planted = f"again{record}"[:16]
            con.execute(
                f"INSERT INTO {check.table} SELECT * REPLACE ('{planted}' AS record_id) FROM {check.table} {where}"
            )
            return planted
        case "required_filled":
            required = next(c.name for c in contract.columns if c.required and c.name not in contract.key)
            con.execute(f"UPDATE {check.table} SET {required} = NULL {where}")
        case "delivery_known":
            con.execute(f"UPDATE {check.table} SET delivery_id = 'nobody knows' {where}")
        case "coded":
            con.execute(f"UPDATE {check.table} SET {name} = 'no such code' {where}")
        case "within_limits":
            column = next(c for c in contract.columns if c.name == name)
            value = column.min - 1 if column.min is not None else column.max + 1
            con.execute(f"UPDATE {check.table} SET {name} = {value} {where}")
        case _:
            raise AssertionError(f"{check.check_id}: no fault is written for this rule")
    return record


@pytest.mark.parametrize("check", IN_ROWS, ids=lambda check: check.check_id)
def test_a_fault_in_a_raw_row_is_found_with_its_key(spoiled_rows: Planted, check: Check) -> None:
    verdict = spoiled_rows.verdicts[check.check_id]
    assert verdict.outcome == "failed", verdict.message
    assert spoiled_rows.keys[check.check_id] in verdict.failing_keys
    assert verdict.failing_count == len(verdict.failing_keys)


@pytest.fixture(scope="module")
def emptied(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """Verdicts on a copy in which every table that is always due has no rows."""
    path = tmp_path_factory.mktemp("empty") / "build.duckdb"
    shutil.copy(house.settings.build_db, path)
    with duckdb.connect(str(path)) as con:
        for check in ROWS_DUE:
            con.execute(f"DELETE FROM {check.table}")
    return {verdict.check.check_id: verdict for verdict in run(path, ROWS_DUE)}


@pytest.mark.parametrize("check", ROWS_DUE, ids=lambda check: check.check_id)
def test_an_empty_table_fails_where_rows_were_due(emptied: dict[str, Verdict], check: Check) -> None:
    verdict = emptied[check.check_id]
    assert (verdict.outcome, verdict.failing_keys) == ("failed", (check.table,))


def test_every_leaving_check_has_its_fault() -> None:
    assert {check.check_id for check in LEAVING} == set(LEAVING_FAULTS)


@pytest.fixture(scope="module")
def what_leaves(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file with the tables that these checks read; in it they all pass."""
    path = tmp_path_factory.mktemp("leaving") / "build.duckdb"
    whole = one_file(house.settings, path.parent)
    with duckdb.connect(str(path)) as con:
        con.execute(f"ATTACH '{whole}' AS house (READ_ONLY)")
        for schema, table in con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "WHERE database_name = 'house' AND list_contains(?, schema_name)",
            [["adam", "eligibility", "identity", "meta", "quality", "raw", "results", "study"]],
        ).fetchall():
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            con.execute(f"CREATE TABLE {schema}.{table} AS FROM house.{schema}.{table}")
    unclean = [verdict for verdict in run(path, LEAVING) if verdict.outcome != "passed"]
    assert not unclean, "the night itself must be clean"
    return path


@pytest.mark.parametrize("check", LEAVING, ids=lambda check: check.check_id)
def test_a_fault_in_what_leaves_is_found(what_leaves: Path, tmp_path: Path, check: Check) -> None:
    path = shutil.copy(what_leaves, tmp_path)
    with duckdb.connect(str(path)) as con:
        con.execute(LEAVING_FAULTS[check.check_id])
    verdict = run(path, [check])[0]
    assert verdict.outcome == "failed", verdict.message
    assert verdict.failing_count == len(verdict.failing_keys) > 0


@pytest.fixture(scope="module")
def writable_build(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = one_file(house.settings, tmp_path_factory.mktemp("dbt"))
    with duckdb.connect(str(path)) as con:
        yield con


@pytest.mark.parametrize("test", DBT, ids=dbt_tests.check_id)
def test_a_fault_between_models_is_found(house: House, writable_build: duckdb.DuckDBPyConnection, test: dict) -> None:
    con = writable_build
    assert dbt_tests.run(con, test).outcome == "passed", "the night itself must be clean"
    table = dbt_tests.table_of(dbt_tests.guarded_node(test, MANIFEST), MANIFEST)
    con.execute("BEGIN TRANSACTION")
    try:
        _spoil_model(con, table, test)
        assert dbt_tests.run(con, test).outcome == "failed"
    finally:
        con.execute("ROLLBACK")


def test_an_empty_table_has_not_passed_what_was_never_asked_of_a_row(writable_build: duckdb.DuckDBPyConnection) -> None:
    con = writable_build
    kinds = {test["test_metadata"]["name"]: test for test in DBT if test.get("test_metadata")}
    for test in kinds.values():
        table = dbt_tests.table_of(dbt_tests.guarded_node(test, MANIFEST), MANIFEST)
        con.execute("BEGIN TRANSACTION")
        con.execute(f"DELETE FROM {table}")
        assert dbt_tests.judge(con, test, table).outcome == "not_applicable"
        con.execute("ROLLBACK")
        assert dbt_tests.judge(con, test, table).outcome == "passed"


def _spoil_model(con: duckdb.DuckDBPyConnection, table: str, test: dict) -> None:
    """Break the rule of a generic dbt test in one row (a view or a constraint is first made a plain table)."""
    generic = test.get("test_metadata") or {}
    given = generic.get("kwargs", {})
    column = given.get("column_name") or test.get("column_name") or next(iter(given.get("columns", ())), None)
    where = given.get("config", {}).get("where") or test["config"].get("where") or "true"
    con.execute(f"CREATE OR REPLACE TEMP TABLE spoiled AS SELECT * FROM {table}")
    if not con.execute("SELECT count(*) FROM spoiled").fetchone()[0]:  # a finding that this hospital does not have
        con.execute(f"INSERT INTO spoiled ({column}) VALUES (NULL)")
    pick = f"rowid = (SELECT min(rowid) FROM spoiled WHERE {where})"
    kind = con.execute(
        "SELECT data_type FROM duckdb_columns() WHERE table_name = 'spoiled' AND column_name = ?", [column]
    )
    text = (kind.fetchone() or ("",))[0] == "VARCHAR"
    match generic.get("name"):
        case "not_null":
            con.execute(f"UPDATE spoiled SET {column} = NULL WHERE {pick}")
        case "unique" | "unique_together":
            con.execute(f"INSERT INTO spoiled SELECT * FROM spoiled WHERE {pick}")
        case "accepted_values" | "relationships" | "code_of_list" if text:
            con.execute(f"UPDATE spoiled SET {column} = 'no such value' WHERE {pick}")
        case "accepted_values" | "relationships":
            con.execute(f"UPDATE spoiled SET {column} = -987 WHERE {pick}")
        case "value_of_type":
            flags = "SELECT fact FROM standards.fact WHERE value_type = 'flag'"
            one = f"SELECT min(rowid) FROM spoiled WHERE fact IN ({flags})"
            con.execute(f"UPDATE spoiled SET value_num = 7 WHERE rowid = ({one})")
        case other:
            raise AssertionError(f"{test['name']}: no fault is written for a test of kind {other}")
    con.execute(f"DROP TABLE {table}")
    con.execute(f"CREATE TABLE {table} AS SELECT * FROM spoiled")


@pytest.fixture(scope="module")
def built_release(house: House, tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyPlace, Path]:
    """A release ready to be published into a house of its own, whose `current` is yesterday's."""
    home = tmp_path_factory.mktemp("publishing")
    yesterday = home / "releases" / "yesterday"
    yesterday.mkdir(parents=True)
    (home / "current").symlink_to(yesterday)
    built = home / "built"
    shutil.copytree(house.place.current.resolve(), built)
    for path in (built, *built.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return replace(house.place, home=home), built


REQUIRED = [*(check.check_id for check in (*ARRIVING, *LEAVING)), *(dbt_tests.check_id(test) for test in DBT)]


OUTCOMES = ["failed", "error", "missing"]


def spoil(con: duckdb.DuckDBPyConnection, check_id: str, outcome: str) -> None:
    """Let one stored check have failed, not have been evaluated, or never have run."""
    if outcome == "missing":
        con.execute("DELETE FROM quality.check_result WHERE check_id = ?", [check_id])
    else:
        con.execute("UPDATE quality.check_result SET outcome = ? WHERE check_id = ?", [outcome, check_id])


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_no_fatal_check_can_fail_or_be_missing_unseen(built_release: tuple[StudyPlace, Path], outcome: str) -> None:
    """For every fatal check in turn: that one, and nothing else, stands in the way of the release."""
    _, built = built_release
    manifest = json.loads((built / "manifest.json").read_text())
    assert set(REQUIRED) <= set(manifest["required_checks"])
    with duckdb.connect(":memory:") as con:
        con.execute(f"ATTACH '{built / 'release.duckdb'}' AS built (READ_ONLY)")
        con.execute("CREATE SCHEMA quality")
        con.execute("CREATE TABLE quality.check_result AS FROM built.quality.check_result")
        conditions = manifest["checked_by"], manifest["required_checks"], manifest["may_be_not_applicable"]
        assert not blocking_problems(con, *conditions)
        for check_id in REQUIRED:
            con.execute("BEGIN")
            spoil(con, check_id, outcome)
            problems = blocking_problems(con, *conditions)
            con.execute("ROLLBACK")
            assert problems, f"{check_id} was not missed"
            assert all(re.match(rf"{re.escape(check_id)}( on |:)", problem) for problem in problems)


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("check_id", [ARRIVING[0].check_id, LEAVING[0].check_id, dbt_tests.check_id(DBT[0])])
def test_a_release_with_a_spoilt_check_is_refused_and_current_stays(
    built_release: tuple[StudyPlace, Path], check_id: str, outcome: str, tmp_path: Path
) -> None:
    place, built = built_release
    spoilt = tmp_path / "built"
    spoilt.mkdir()
    for name in ("release.duckdb", "manifest.json"):
        shutil.copy(built / name, spoilt / name)
    with duckdb.connect(str(spoilt / "release.duckdb")) as con:
        spoil(con, check_id, outcome)
    before = place.current.resolve()
    with pytest.raises(NotPublished, match=re.escape(check_id)):
        publish(place, spoilt)
    assert place.current.resolve() == before
