"""A night that brings nothing changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import duckdb
import pytest

from cartwright.orchestration.commands.refresh import NightReport, run_night
from cartwright.orchestration.dbt import declared_tests
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace
from houses import House, copy_house, fingerprint, silent

pytestmark = pytest.mark.slow


OLD_TITLE, NEW_TITLE = "Figure 2E. Overall survival by group", "Figure 2E. How long they lived"
MADE_BY = {
    "statistics": ("cartwright.analysis.plan.run", "compute"),
    "cdisc": ("cartwright.warehouse.cdisc.check", "verdicts"),
    "figures": ("cartwright.analysis.figures", "draw_forms"),
    "tables": ("cartwright.analysis.report.journal", "document"),
    "claims_audit": ("cartwright.analysis.audit", "audit_claims"),
    "release": ("cartwright.warehouse.release.releases", "build"),
}


@dataclass(frozen=True)
class After:
    """What a night left: its tables, the id of its release, the answers of all tests; and what it did: the steps of
    MADE_BY that made something, the schemas whose tables were tested."""

    report: NightReport
    tables: dict[str, tuple[int, str]]
    release: str
    answers: list[tuple]
    made: list[str]
    tested: set[str]


@dataclass(frozen=True)
class Nights:
    """The first night of a house, one that was brought nothing, and after it one that was asked for in full."""

    study_id: str
    first: After
    quiet: After
    full: After


@pytest.fixture(scope="module")
def nights(house: House, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    made: list[str] = []
    tested: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        settings = copy_house(house, tmp_path_factory.mktemp("nights"), patch)
        place = settings.places()[0]
        for step, (module, name) in MADE_BY.items():
            patch.setattr(import_module(module), name, heard(getattr(import_module(module), name), step, made))
        judge = declared_tests.judge

        def judged(con: duckdb.DuckDBPyConnection, test: dict, table: str) -> declared_tests.Outcome:
            tested.append(table)
            return judge(con, test, table)

        patch.setattr(declared_tests, "judge", judged)

        def after(report: NightReport) -> After:
            did = [*made], {table.partition(".")[0] for table in tested}
            made.clear()
            tested.clear()
            return After(report, fingerprint(place.build_db), place.current.resolve().name, answers(place), *did)

        first, quiet = after(house.report), after(run_night(settings, silent))
        return Nights(place.study_id, first, quiet, after(run_night(settings, silent, is_full=True)))


def heard(function: Callable, step: str, made: list[str]) -> Callable:
    """The function, which says so when it is called."""

    def calls(*args: object, **options: object) -> object:
        made.append(step)
        return function(*args, **options)

    return calls


def test_a_second_refresh_without_new_deliveries_changes_no_exported_row(nights: Nights) -> None:
    report = nights.quiet.report
    assert report.succeeded, report.problems
    assert report.tonight["loaded"] == 0
    assert nights.quiet.release == nights.first.release, "the same inputs have the same release id"
    assert nights.quiet.tables == nights.first.tables
    assert report.built == dict.fromkeys(("", nights.study_id), "nothing: no input changed")


def test_a_night_that_is_asked_for_in_full_builds_everything_and_changes_nothing(nights: Nights) -> None:
    report = nights.full.report
    assert report.succeeded, report.problems
    assert report.built == dict.fromkeys(("", nights.study_id), "everything: it was asked for")
    assert nights.full.release == nights.first.release
    assert nights.full.tables == nights.first.tables


def test_what_follows_unchanged_inputs_is_made_anew_only_where_that_is_asked_for(nights: Nights) -> None:
    assert nights.quiet.made == []
    assert sorted(nights.full.made) == sorted(MADE_BY)


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
    adsl = Path("parquet", "adam", "adsl.parquet")
    assert (place.current / adsl).samefile(before / adsl), "what the plan does not move is taken over"
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


def test_unchanged_tables_are_not_tested_again_and_keep_their_answers(nights: Nights) -> None:
    assert nights.quiet.tested <= {"study", "meta", "hospital", "ingest", "quality", "raw"}
    assert nights.quiet.answers == nights.first.answers
    assert {row[0] for row in nights.first.answers} > {"cdisc.term_in_list"}, "they are all among them"
    assert nights.full.tested >= {"sdtm", "facts", "adam"}
    assert nights.full.answers == nights.first.answers


def answers(place: StudyPlace) -> list[tuple]:
    """What the last run has of tests of models and data sets: of each the outcome, the counts and the keys."""
    with duckdb.connect(str(place.build_db), read_only=True) as con:
        (run_id,) = con.execute("SELECT max_by(run_id, rowid) FROM quality.check_result").fetchone()
        return con.execute(
            """
            SELECT check_id, table_name, outcome, failing_count, checked_count, message,
                list_sort(list(record_key) FILTER (record_key IS NOT NULL))
            FROM quality.check_result LEFT JOIN quality.failing_key USING (run_id, check_id, table_name)
            WHERE run_id = ? AND writer IN ('dbt', 'warehouse') GROUP BY ALL ORDER BY ALL""",
            [run_id],
        ).fetchall()
