"""Several studies on one hospital in one night: each by itself, and one that is wrong stops none of the others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from houses import silent
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.refresh import NightReport, run_night
from simulator.generate import simulate
from warehouse import release
from warehouse.connect import open_release
from warehouse.settings import CHECKOUT, Settings
from warehouse.study_definition import Protocol
from warehouse.study_parameters import unread_parameters
from warehouse.study_place import StudyPlace

pytestmark = pytest.mark.slow
CD20 = CHECKOUT / "studies" / "cd20_salvage"
CUT, PATIENTS = date(2021, 12, 31), 40


def small_study(folder: Path, study_id: str) -> Path:
    """The study under another id, with an earlier data cut, without printed figures, of its plan what counts heads."""
    made = folder / study_id
    shutil.copytree(
        CD20,
        made,
        ignore=shutil.ignore_patterns("*_plan.yml", "*claims*", "*statements*", "checklist.yml", "calibrat*"),
    )
    protocol = yaml.safe_load((CD20 / "protocol.yml").read_text(encoding="utf-8"))
    protocol["study"] |= {"study_id": study_id, "data_cut_date": CUT}
    for (_, unread, *_), *_ in unread_parameters(Protocol.model_validate(protocol), made, {}):
        del protocol["parameters"][unread]  # that only the printed figures read
    (made / "protocol.yml").write_text(yaml.safe_dump(protocol, sort_keys=False, allow_unicode=True), encoding="utf-8")
    plan = yaml.safe_load((CD20 / "analysis_plan.yml").read_text(encoding="utf-8"))
    plan["analyses"] = [row for row in plan["analyses"] if row["kind"] in ("count", "funnel")]
    shown = {row["output_id"] for row in plan["analyses"]}
    plan["outputs"] = [row for row in plan["outputs"] if row["output_id"] in shown]
    (made / "analysis_plan.yml").write_text(yaml.safe_dump(plan, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return made


@dataclass
class TwoStudies:
    """A house whose nights build the small study `small` and another one, `other`."""

    settings: Settings
    report: NightReport
    folders: dict[str, Path]
    words: list[str] = field(default_factory=list)

    def place(self, study_id: str) -> StudyPlace:
        return next(place for place in self.settings.places() if place.study_id == study_id)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoStudies]:
    """Their first night, in a small hospital."""
    scratch = tmp_path_factory.mktemp("two")
    folders = {study_id: small_study(scratch / "studies", study_id) for study_id in ("small", "other")}
    home = scratch / "house"
    simulate(home, patients=PATIENTS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CARTWRIGHT_HOME", str(home))
        environment.setenv("CARTWRIGHT_RESAMPLING", "none")
        environment.setenv("CARTWRIGHT_STUDIES", ",".join(map(str, folders.values())))
        settings = Settings()
        yield TwoStudies(settings, run_night(settings, silent), folders)


def test_both_are_published_with_the_hospital_built_once(two: TwoStudies) -> None:
    assert two.report.succeeded, two.report.problems
    assert sorted(two.report.published) == ["other", "small"]
    assert [step for step in two.report.seconds if step == "models"] == ["models"]
    for study_id in two.folders:
        manifest = json.loads((two.place(study_id).current / "manifest.json").read_text())
        assert manifest["study_id"] == study_id
        assert manifest["data_cut_date"] == CUT.isoformat()
        assert manifest["checked_by"] == [two.report.run_id]
        assert any(check_id.startswith("raw.") for check_id in manifest["required_checks"]), "the hospital's checks"
    with duckdb.connect(str(two.settings.build_db), read_only=True) as con:
        schemas = {name for (name,) in con.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()}
        assert not schemas & {"study", "eligibility", "adam", "mart", "results"}


def test_the_commands_ask_which_study_is_meant(two: TwoStudies) -> None:
    asked = call("sql", "SELECT study_id FROM study.study")
    assert asked.exit_code == 1
    assert "say which with --study: small, other" in asked.output
    assert "small" in call("sql", "--study", "small", "SELECT study_id FROM study.study").output
    listed = call("releases", "list").output
    assert "small" in listed
    assert "other" in listed
    foreign = two.place("other").current.resolve().name
    refused = call("releases", "diff", foreign, foreign, "--study", "small")
    assert refused.exit_code == 1
    assert "study small has no release" in refused.output
    unknown = call("audit", "--study", "smal")
    assert "no study smal; it has other, small" in unknown.output


def test_one_study_alone_is_built_on_the_hospital_of_the_night(two: TwoStudies) -> None:
    report = run_night(two.settings, silent, "small")
    assert report.succeeded, report.problems
    assert report.published == ["small"]
    assert all(step.startswith("small__") for step in report.seconds)
    newest = release.list_releases(two.place("small"))[-1]
    assert newest.is_current
    with open_release(two.place("small").current_db) as con:
        assert con.execute("SELECT count(*) > 0 FROM eligibility.screening").fetchone() == (True,)


def unreadable_protocol(two: TwoStudies) -> str:
    protocol = two.folders["other"] / "protocol.yml"
    protocol.write_text(protocol.read_text(encoding="utf-8").replace("data_cut_date:", "data_cut_dat:", 1))
    return "data_cut_dat"


def model_that_does_not_compile(two: TwoStudies) -> str:
    model = two.folders["other"] / "sql" / "broken" / "broken.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select * from {{ ref('nowhere') }}\n")
    return "nowhere"


def model_that_breaks(two: TwoStudies) -> str:
    model = two.folders["other"] / "sql" / "broken" / "broken.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select cast('no number' as integer) as broken\n")
    return "models that broke: eligibility.broken"


def failed_gate(two: TwoStudies) -> str:
    """Its own rows leave what a release may hold: a subject twice."""
    model = two.folders["other"] / "sql" / "broken" / "broken.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select unnest([1, 1]) as twice\n")
    model.with_suffix(".yml").write_text(
        "version: 2\nmodels:\n  - name: broken\n    columns:\n      - {name: twice, data_tests: [unique]}\n"
    )
    return "eligibility.broken"


def fail_in(module: str, name: str) -> Callable[[TwoStudies, pytest.MonkeyPatch], str]:
    """Let a function of a step fail for the other study alone."""

    def plant(two: TwoStudies, patch: pytest.MonkeyPatch) -> str:
        from importlib import import_module

        there = import_module(module)
        sound = getattr(there, name)

        def fails(*given: object, **named: object) -> object:
            con = next((each for each in given if isinstance(each, duckdb.DuckDBPyConnection)), None)
            is_other = con is not None and con.execute("SELECT current_database()").fetchone() == ("other",)
            if is_other or any(getattr(each, "study_id", None) == "other" for each in given):
                raise ArithmeticError("planted")
            return sound(*given, **named)

        patch.setattr(there, name, fails)
        return "planted"

    return plant


FAULTS = {
    "protocol": lambda two, patch: unreadable_protocol(two),
    "does not compile": lambda two, patch: model_that_does_not_compile(two),
    "breaks": lambda two, patch: model_that_breaks(two),
    "gate": lambda two, patch: failed_gate(two),
    "statistics": fail_in("orchestration.statistics", "read_datasets"),
    "publishing": fail_in("warehouse.release", "publish"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_study_that_is_wrong_does_not_stop_the_other(
    two: TwoStudies, fault: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = shutil.copytree(two.folders["other"], tmp_path / "kept")
    before = two.place("other").current.resolve()
    words = fault(two, monkeypatch)
    try:
        report = run_night(two.settings, silent)
    finally:
        shutil.rmtree(two.folders["other"])
        shutil.copytree(kept, two.folders["other"])
    assert not report.succeeded
    assert report.published == ["small"]
    assert any(problem.startswith("other: ") and words in problem for problem in report.problems), report.problems
    assert not any(problem.startswith("small: ") for problem in report.problems)
    assert two.place("other").current.resolve() == before
