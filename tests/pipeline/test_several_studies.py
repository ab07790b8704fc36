"""Several studies on one hospital in one night: each by itself, and one that is wrong stops none of the others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner, Result

from cartwright.orchestration import definitions
from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.refresh import NightReport, run_night
from cartwright.simulator.generate import simulate
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.parameters import unread_parameters
from cartwright.warehouse.study.place import StudyPlace
from houses import silent

pytestmark = pytest.mark.slow
CD20 = CHECKOUT / "studies" / "cd20_salvage"
CUTS, PATIENTS = {"small": date(2021, 6, 30), "other": date(2021, 12, 31)}, 40
BREAKS = "models that broke: eligibility.broken"


def small_study(folder: Path, study_id: str) -> Path:
    """The study under another id, with a data cut of its own, no printed figures, of its plan what counts heads."""
    made = folder / study_id
    shutil.copytree(
        CD20,
        made,
        ignore=shutil.ignore_patterns("*_plan.yml", "*claims*", "*statements*", "checklist.yml", "calibrat*"),
    )
    protocol = yaml.safe_load((CD20 / "protocol.yml").read_text(encoding="utf-8"))
    protocol["study"] |= {"study_id": study_id, "data_cut_date": CUTS[study_id]}
    latest = protocol["parameters"]["time_zero_latest_date"]
    latest["value"] = min(latest["value"], CUTS[study_id])
    for (_, unread, *_), *_ in unread_parameters(Protocol.model_validate(protocol), protocol, made, {}):
        del protocol["parameters"][unread]  # that only the printed figures read
    (made / "protocol.yml").write_text(yaml.safe_dump(protocol, sort_keys=False, allow_unicode=True), encoding="utf-8")
    plan = yaml.safe_load((CD20 / "analysis_plan.yml").read_text(encoding="utf-8"))
    plan["analyses"] = [row for row in plan["analyses"] if row["kind"] in ("count", "funnel")]
    shown = {row["output_id"] for row in plan["analyses"]}
    plan["outputs"] = [row for row in plan["outputs"] if row["output_id"] in shown]
    said = json.dumps(plan["analyses"])
    plan["populations"] = [row for row in plan["populations"] if f'"{row["population"]}"' in said]
    (made / "analysis_plan.yml").write_text(yaml.safe_dump(plan, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return made


@dataclass(frozen=True)
class TwoStudies:
    """A house of the studies `small` and `other`. `night`: its first, in which a model of `other` broke; `alone`: the
    part of `other` by itself, once that was mended."""

    settings: Settings
    folders: dict[str, Path]
    night: NightReport
    alone: NightReport

    def place(self, study_id: str) -> StudyPlace:
        return next(place for place in self.settings.places() if place.study_id == study_id)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoStudies]:
    """They live in a small hospital."""
    scratch = tmp_path_factory.mktemp("two")
    folders = {study_id: small_study(scratch / "studies", study_id) for study_id in ("small", "other")}
    home = scratch / "house"
    simulate(home, patients=PATIENTS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CARTWRIGHT_HOME", str(home))
        environment.setenv("CARTWRIGHT_RESAMPLING", "none")
        environment.setenv("CARTWRIGHT_STUDIES", ",".join(map(str, folders.values())))
        settings = Settings()
        model_that_breaks(folders["other"])
        night = run_night(settings, silent)
        shutil.rmtree(folders["other"] / "sql" / "broken")
        yield TwoStudies(settings, folders, night, run_night(settings, silent, "other"))


def test_a_study_that_is_wrong_stops_neither_the_hospital_nor_the_other(two: TwoStudies) -> None:
    assert not two.night.succeeded
    assert two.night.published == ["small"]
    assert two.night.problems
    assert all(problem.startswith("other: ") for problem in two.night.problems), two.night.problems
    assert any(BREAKS in problem for problem in two.night.problems), two.night.problems
    assert [step for step in two.night.seconds if step == "models"] == ["models"], "the hospital is built once"
    with duckdb.connect(str(two.settings.build_db), read_only=True) as con:
        schemas = {name for (name,) in con.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()}
        assert not schemas & {"study", "eligibility", "adam", "mart", "results"}


def test_nothing_of_a_study_waits_for_another(two: TwoStudies) -> None:
    graph = definitions.of(two.settings).resolve_asset_graph()
    of_study = {key: key.path[0] for key in graph.get_all_asset_keys() if key.path[0] in two.folders}
    assert set(of_study.values()) == set(two.folders)
    for key, study_id in of_study.items():
        assert {of_study.get(parent, study_id) for parent in graph.get(key).parent_keys} <= {study_id}, key


def test_one_study_alone_is_built_on_the_hospital_of_the_night(two: TwoStudies) -> None:
    assert two.alone.succeeded, two.alone.problems
    assert two.alone.published == ["other"]
    assert all(step.startswith("other__") for step in two.alone.seconds)
    newest = release.list_releases(two.place("other"))[-1]
    assert newest.is_current
    with open_release(two.place("other").current_db) as con:
        assert con.execute("SELECT count(*) > 0 FROM eligibility.screening").fetchone() == (True,)


def test_each_release_is_of_its_study_and_passed_the_checks_of_the_hospital(two: TwoStudies) -> None:
    checked_by = {"small": {two.night.run_id}, "other": {two.night.run_id, two.alone.run_id}}
    for study_id in two.folders:
        manifest = json.loads((two.place(study_id).current / "manifest.json").read_text())
        assert manifest["study_id"] == study_id
        assert manifest["data_cut_date"] == CUTS[study_id].isoformat()
        assert set(manifest["checked_by"]) == checked_by[study_id]
        assert any(check_id.startswith("raw.") for check_id in manifest["required_checks"]), "the hospital's checks"


def test_a_release_ends_with_the_data_cut_of_its_study(two: TwoStudies) -> None:
    """The hospital's tables reach as far as the later study's."""
    days = "SELECT max(performed_date) FROM facts.imaging_day UNION ALL SELECT max(left(lbdtc, 10))::DATE FROM sdtm.lb"
    for study_id, cut in CUTS.items():
        with open_release(two.place(study_id).current_db) as con:
            assert all(day <= cut for (day,) in con.execute(days).fetchall()), study_id
            assert con.execute("SELECT count(*) > 0 FROM sdtm.dm WHERE dthfl = 'Y'").fetchone() == (True,)
            wrong = "SELECT count(*) FROM sdtm.dm AS dm JOIN facts.death USING (usubjid) WHERE dm.dthfl IS NULL"
            assert con.execute(wrong).fetchone() == (0,)
    with duckdb.connect(str(two.settings.build_db), read_only=True) as con:
        assert con.execute("SELECT max(performed_date) > ? FROM facts.imaging_day", [CUTS["small"]]).fetchone()[0]


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


def unreadable_protocol(study: Path) -> None:
    protocol = study / "protocol.yml"
    protocol.write_text(protocol.read_text(encoding="utf-8").replace("data_cut_date:", "data_cut_dat:", 1))


def model_that_does_not_compile(study: Path) -> None:
    own_model(study, "select * from {{ ref('nowhere') }}\n")


def model_that_breaks(study: Path) -> None:
    own_model(study, "select cast('no number' as integer) as broken\n")


def failed_gate(study: Path) -> None:
    """Its own rows are not what its own test asks of them: one stands twice."""
    model = own_model(study, "select unnest([1, 1]) as twice\n")
    model.with_suffix(".yml").write_text(
        "version: 2\nmodels:\n  - name: broken\n    columns:\n      - {name: twice, data_tests: [unique]}\n"
    )


def own_model(study: Path, sql: str) -> Path:
    model = study / "sql" / "broken" / "broken.sql"
    model.parent.mkdir(parents=True)
    model.write_text(sql)
    return model


IN_A_FILE = {
    "protocol": (unreadable_protocol, "data_cut_dat"),
    "does not compile": (model_that_does_not_compile, "nowhere"),
    "gate": (failed_gate, "eligibility.broken"),
}
IN_A_STEP = {
    "statistics": ("cartwright.orchestration.assets.statistics", "read_datasets"),
    "publishing": ("cartwright.warehouse.release.releases", "publish"),
}


@pytest.mark.parametrize(("spoil", "words"), IN_A_FILE.values(), ids=IN_A_FILE)
def test_a_fault_in_its_files_leaves_its_release_alone(
    two: TwoStudies, spoil: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    kept = shutil.copytree(two.folders["other"], tmp_path / "kept")
    try:
        spoil(two.folders["other"])
        assert_stays(two, words)
    finally:
        shutil.rmtree(two.folders["other"])
        shutil.copytree(kept, two.folders["other"])


@pytest.mark.parametrize(("module", "name"), IN_A_STEP.values(), ids=IN_A_STEP)
def test_a_fault_in_a_step_leaves_its_release_alone(
    two: TwoStudies, module: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object, **named: object) -> None:
        raise ArithmeticError("planted")

    monkeypatch.setattr(import_module(module), name, fails)
    assert_stays(two, "planted", is_full=True)


def assert_stays(two: TwoStudies, words: str, is_full: bool = False) -> None:
    """The part of `other` fails with these words, and its release stays."""
    before = two.place("other").current.resolve()
    report = run_night(two.settings, silent, "other", is_full)
    assert not report.succeeded
    assert not report.published
    assert any(problem.startswith("other: ") and words in problem for problem in report.problems), report.problems
    assert two.place("other").current.resolve() == before
