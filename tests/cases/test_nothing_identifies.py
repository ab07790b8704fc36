"""What a careless hospital writes into numbers, labels, units, codes and file names stays in the restricted zone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.quality import findings
from cartwright.warehouse.quality.check_results import store
from cartwright.warehouse.release import guard, published
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.release.guard import Search
from cartwright.warehouse.release.tables import published_tables
from cartwright.warehouse.schemas import PUBLISHED
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.build_file import HOSPITAL, open_study
from cartwright.warehouse.study.place import StudyPlace
from leaky_hospital import CANARIES, LEAK, LeakyHospital
from tiny_hospital import releasing

pytestmark = pytest.mark.slow
Spoiled = tuple[Settings, StudyPlace, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeakyHospital]:
    hospital = LeakyHospital(tmp_path_factory.mktemp("leaky"))
    store(hospital.con, "run", findings.results(hospital.con, hospital.settings))
    yield hospital
    hospital.con.close()


@pytest.fixture(scope="module")
def built(hospital: LeakyHospital) -> Path:
    """A copy of her release: the next build takes the place of this one."""
    made = release.build(
        *releasing(hospital),
        "0" * 16,
        ["run"],
        [],
    )
    return Path(shutil.copytree(made, hospital.settings.home / "kept"))


def _places(con: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    """Columns of the published schemas that hold a canary."""
    found = set()
    for table, column in con.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = ? AND list_contains(?, schema_name)",
        [database, list(PUBLISHED)],
    ).fetchall():
        holds = " OR ".join(f"lower(CAST(\"{column}\" AS VARCHAR)) LIKE '%{canary.lower()}%'" for canary in CANARIES)
        if con.execute(f"SELECT bool_or({holds}) FROM {database}.{table}").fetchone()[0]:
            found.add(f"{table}.{column}")
    return found


def test_what_the_models_carry_of_her_no_release_shows(hospital: LeakyHospital, built: Path) -> None:
    carried = _places(hospital.con, hospital.place.study_id)
    wanted = {"sdtm.ex.exrefid", "sdtm.gf.gfpvrid", "sdtm.lb.lborresu", "sdtm.tr.trlnkid", "sdtm.mi.mirefid"}
    assert wanted <= carried, "without a leak in the models nothing would be tested"
    with duckdb.connect(built / "release.duckdb", read_only=True) as con:
        assert _places(con, "release") == set()


def test_no_file_of_the_release_holds_her(built: Path) -> None:
    for path in sorted(built.rglob("*")):
        assert not any(canary in str(path.relative_to(built)) for canary in CANARIES)
        if path.suffix == ".parquet":
            text = json.dumps(duckdb.sql(f"SELECT to_json(t)::VARCHAR FROM '{path}' AS t").fetchall())
        else:
            text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
        assert not any(canary in text for canary in CANARIES), path.name


def test_rows_that_belonged_together_still_do(hospital: LeakyHospital, built: Path) -> None:
    join = "SELECT count(*) FROM {0}.sdtm.tr JOIN {0}.sdtm.tu ON trrefid = turefid AND trlnkid = tulnkid"
    with duckdb.connect(built / "release.duckdb", read_only=True) as con:
        built_from = hospital.con.execute(join.format(hospital.place.study_id)).fetchone()
        assert con.execute(join.format("release")).fetchone() == built_from


def _named(refusal: guard.IdentifyingContent) -> list[str]:
    """The places that a refusal names, without the column of the feed whose value each holds."""
    said = str(refusal).removeprefix("not released: ").split(" would carry")[0]
    return re.sub(r" \([^)]*\)", "", said).split(", ")


def test_the_guard_finds_a_leak_planted_in_any_column(hospital: LeakyHospital, built: Path, tmp_path: Path) -> None:
    shutil.copy(built / "release.duckdb", tmp_path / "release.duckdb")
    (tmp_path / "release.duckdb").chmod(0o600)
    search = Search(hospital.con, hospital.place.folder)
    with duckdb.connect(tmp_path / "release.duckdb") as con:
        tables = [
            table for (table,) in con.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
        ]
        guard.refuse_texts(con, tables, "release", search)
        columns = published.text_columns(con, tables, "release")
        for table, kinds in columns.items():
            for column in kinds:
                con.execute(f'INSERT INTO {table} ("{column}") VALUES (?)', [f"seen: {LEAK.upper()}, twice"])
        with pytest.raises(guard.IdentifyingContent) as refused:
            guard.refuse_texts(con, tables, "release", search)
    named = _named(refused.value)
    assert sorted(named) == sorted(f"{table}.{column}" for table, kinds in columns.items() for column in kinds)
    assert len(named) > 800
    assert "LEAK" not in str(refused.value)


@pytest.fixture
def spoiled(
    hospital: LeakyHospital, tmp_path: Path
) -> Iterator[tuple[Settings, StudyPlace, duckdb.DuckDBPyConnection]]:
    """A copy of the house."""
    hospital.con.execute(f"CHECKPOINT; CHECKPOINT {HOSPITAL}")
    shutil.copytree(hospital.settings.home, tmp_path / "house", ignore=shutil.ignore_patterns("kept", "building"))
    settings = Settings(home=tmp_path / "house")
    place = settings.places()[0]
    with open_study(settings, place, may_name=True) as con:
        yield settings, place, con


def _plant(con: duckdb.DuckDBPyConnection, place: StudyPlace, is_meant: Callable[[str], bool]) -> list[str]:
    """A row more in every published table, with the leak in all columns whose kind is meant; returns their names."""
    planted = []
    views = {name for (name,) in con.execute("SELECT schema_name || '.' || view_name FROM duckdb_views()").fetchall()}
    study, subject = con.execute("SELECT current_database(), min(usubjid) FROM eligibility.screening").fetchone()
    for table, kinds in published.text_columns(con, published_tables(con), study, place.folder).items():
        # The release takes the rows of its run and of its subjects only, and a delivery must have an id.
        always = {"run_id": "run", "delivery_id": "planted", "usubjid": subject}
        fixed = {name: value for name, value in always.items() if name in kinds}
        row = {column: LEAK for column, kind in kinds.items() if is_meant(kind)} | fixed
        if row and table != "study.study":
            names = ", ".join(f'"{name}"' for name in row)
            into = f"{HOSPITAL}.{table}" if table in views else table
            con.execute(f"INSERT INTO {into} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
            planted += [f"{table}.{column}" for column in row if column not in fixed]
    return planted


def test_a_leak_in_a_replaced_column_of_the_models_is_not_released(spoiled: Spoiled) -> None:
    settings, place, con = spoiled
    planted = _plant(con, place, lambda kind: kind in published.REPLACED)
    assert len(planted) > 300
    built = release.build(con, settings, place, Search(con, place.folder), "1" * 16, ["run"], [])
    with duckdb.connect(built / "release.duckdb", read_only=True) as released:
        assert _places(released, "release") == set()


def test_a_leak_in_a_word_of_the_models_stops_the_release(spoiled: Spoiled) -> None:
    settings, place, con = spoiled
    planted = _plant(con, place, lambda kind: kind not in published.REPLACED)
    assert len(planted) > 300
    with pytest.raises(guard.IdentifyingContent) as refused:
        release.build(con, settings, place, Search(con, place.folder), "1" * 16, ["run"], [])
    named = _named(refused.value)
    assert sorted(named) == sorted(planted)
