"""A night that brings nothing changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import duckdb
import pytest

from cartwright.orchestration.commands.refresh import run_night
from cartwright.orchestration.dbt import declared_tests
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.settings import Settings
from houses import fingerprint, silent

pytestmark = pytest.mark.slow


def test_a_second_refresh_without_new_deliveries_changes_no_exported_row(copy_of_house: Settings) -> None:
    place = copy_of_house.places()[0]
    before, release = fingerprint(place.build_db), place.current.resolve()
    report = run_night(copy_of_house, silent)
    assert report.succeeded, report.problems
    assert report.tonight["loaded"] == 0
    assert place.current.resolve() == release, "the same inputs have the same release id"
    assert fingerprint(place.build_db) == before
    assert report.built == dict.fromkeys(("", place.study_id), "nothing: no input changed")


def test_a_night_that_is_asked_for_in_full_builds_everything_and_changes_nothing(copy_of_house: Settings) -> None:
    place = copy_of_house.places()[0]
    before, release = fingerprint(place.build_db), place.current.resolve()
    report = run_night(copy_of_house, silent, is_full=True)
    assert report.built == dict.fromkeys(("", place.study_id), "everything: it was asked for")
    assert place.current.resolve() == release
    assert fingerprint(place.build_db) == before


MADE_BY = {
    "statistics": ("cartwright.analysis.plan.run", "compute"),
    "cdisc": ("cartwright.warehouse.cdisc.check", "verdicts"),
    "figures": ("cartwright.analysis.figures", "draw_forms"),
    "tables": ("cartwright.analysis.report.journal", "document"),
    "claims_audit": ("cartwright.analysis.audit", "audit_claims"),
    "release": ("cartwright.warehouse.release.releases", "build"),
}


OLD_TITLE, NEW_TITLE = "Figure 2E. Overall survival by group", "Figure 2E. How long they lived"


def test_what_follows_unchanged_inputs_is_made_anew_only_where_that_is_asked_for(
    copy_of_house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for step, (module, name) in MADE_BY.items():
        monkeypatch.setattr(import_module(module), name, heard(getattr(import_module(module), name), step, made))
    night = run_night(copy_of_house, silent)
    assert night.succeeded, night.problems
    assert made == []
    in_full = run_night(copy_of_house, silent, copy_of_house.places()[0].study_id, is_full=True)
    assert in_full.succeeded, in_full.problems
    assert sorted(made) == sorted(MADE_BY)


def heard(function: Callable, step: str, made: list[str]) -> Callable:
    """The function, which says so when it is called."""

    def calls(*args: object, **options: object) -> object:
        made.append(step)
        return function(*args, **options)

    return calls


def test_a_changed_row_of_the_plan_is_computed_drawn_and_published(
    copy_of_house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copy_of_house.places()[0]
    folder = shutil.copytree(place.folder, tmp_path / place.folder.name)
    plan = folder / "analysis_plan.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace(OLD_TITLE, NEW_TITLE), "utf-8")
    monkeypatch.setenv("CARTWRIGHT_STUDIES", str(folder))
    before = place.current.resolve()
    report = run_night(Settings(), silent, place.study_id)
    assert report.succeeded, report.problems
    assert place.current.resolve() != before
    assert NEW_TITLE in (place.current / "figures" / "survival.os_by_group.svg").read_text(encoding="utf-8")
    with open_release(place.current_db) as con:
        twice = "SELECT check_id, table_name FROM quality.check_result GROUP BY ALL HAVING count(*) > 1"
        assert con.execute(twice).fetchall() == []


def test_what_is_lost_of_figures_and_releases_is_made_again(copy_of_house: Settings) -> None:
    place = copy_of_house.places()[0]
    release = place.current.resolve()
    kept = {path.name: path.read_bytes() for path in (release / "figures").iterdir()}
    (place.workshop / "figures" / "survival.os_all.pdf").unlink()
    shutil.rmtree(release)
    report = run_night(copy_of_house, silent)
    assert report.succeeded, report.problems
    assert place.current.resolve() == release
    assert {path.name: path.read_bytes() for path in (release / "figures").iterdir()} == kept


def test_unchanged_tables_are_not_tested_again_and_keep_their_answers(
    copy_of_house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested: list[str] = []
    judge = declared_tests.judge

    def heard(con: duckdb.DuckDBPyConnection, test: dict, table: str) -> declared_tests.Outcome:
        tested.append(table)
        return judge(con, test, table)

    monkeypatch.setattr(declared_tests, "judge", heard)
    before = answers(copy_of_house)
    assert run_night(copy_of_house, silent).succeeded
    assert {table.partition(".")[0] for table in tested} <= {"study", "meta", "hospital", "ingest", "quality", "raw"}
    assert answers(copy_of_house) == before
    assert {row[0] for row in before} > {"cdisc.term_in_list"}, "they are all among them"
    assert run_night(copy_of_house, silent, is_full=True).succeeded
    assert {table.partition(".")[0] for table in tested} >= {"sdtm", "facts", "adam"}
    assert answers(copy_of_house) == before


def answers(settings: Settings) -> list[tuple]:
    """What the last run has of tests of models and data sets: of each the outcome, the counts and the keys."""
    with duckdb.connect(str(settings.places()[0].build_db), read_only=True) as con:
        (run_id,) = con.execute("SELECT max_by(run_id, rowid) FROM quality.check_result").fetchone()
        return con.execute(
            """
            SELECT check_id, table_name, outcome, failing_count, checked_count, message,
                list_sort(list(record_key) FILTER (record_key IS NOT NULL))
            FROM quality.check_result LEFT JOIN quality.failing_key USING (run_id, check_id, table_name)
            WHERE run_id = ? AND writer IN ('dbt', 'warehouse') GROUP BY ALL ORDER BY ALL""",
            [run_id],
        ).fetchall()
