"""Four studies in one night, one of them broken in one way after another: the others publish what they had, the broken
one keeps its release, and screen, alert and Dagster say which study it was, and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner, Result

from cartwright.analysis import figures
from cartwright.analysis.plan import run
from cartwright.orchestration import definitions
from cartwright.orchestration import instance as dagster_home
from cartwright.orchestration.alerts.sensor import tell_safely
from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.structure import hospital_zone
from cartwright.warehouse.settings import Settings
from houses import House, copy_house
from sinks import Sinks, listening

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")]
BROKEN = "cd20_salvage"
SOUND = ("cd19_outcome", "first_line", "rated_response")
OWN_ANALYSIS = "os_by_group"  # of the broken study alone


@dataclass
class Four:
    """A small house whose first night published all of them. `folder`: of the study that is broken afterwards."""

    settings: Settings
    folder: Path
    sinks: Sinks

    def current(self) -> dict[str, Path]:
        return {place.study_id: place.current.resolve() for place in self.settings.places()}


@pytest.fixture(scope="module")
def four(house_of_examples: House, examples_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Four]:
    folder = examples_made / BROKEN
    with pytest.MonkeyPatch.context() as environment, listening() as sinks:
        environment.setenv("CARTWRIGHT_STUDIES", ",".join([str(folder), *SOUND]))
        environment.setenv("CARTWRIGHT_ALERT", sinks.alert)
        environment.setenv("CARTWRIGHT_PING", sinks.ping)
        settings = copy_house(house_of_examples, tmp_path_factory.mktemp("four"), environment)
        dagster_home.prepare(settings)
        with dg.DagsterInstance.get() as instance:  # the first night had nobody to tell, and nothing to tell of
            assert tell_safely(instance, settings, hospital_zone()) == []
        yield Four(settings, folder, sinks)


def refresh() -> Result:
    return CliRunner().invoke(app, ["refresh", "--quiet"])


def own_model(four: Four, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound SQL, which its data break."""
    model = four.folder / "sql" / "broken" / "broken.sql"
    model.parent.mkdir()
    model.write_text("select cast('no number' as integer) as broken\n", encoding="utf-8")


def own_gate(four: Four, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item of its own that has two values a subject."""
    model = four.folder / "sql" / "items" / "is_bridging_only.sql"
    screened = "from {{ ref('screened') }} as screened"
    text = model.read_text(encoding="utf-8")
    assert screened in text
    twice = "from (from {{ ref('screened') }} union all from {{ ref('screened') }}) as screened"
    model.write_text(text.replace(screened, twice), encoding="utf-8")


def have_it_made_anew(four: Four, title: str) -> None:
    """Another title of one analysis: what did not change is not computed and not drawn, so it could not fail."""
    plan = four.folder / "analysis_plan.yml"
    text, row = plan.read_text(encoding="utf-8"), f"analysis_id: {OWN_ANALYSIS}, output_id: survival.os_by_group, "
    assert row in text
    before, _, after = text.partition(row)
    plan.write_text(before + row + after.replace("title: Published convention", f"title: {title}", 1), encoding="utf-8")


def statistics(four: Four, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = run.compute
    have_it_made_anew(four, "To be computed")

    def fails(frames: dict, populations: list, analyses: list, *rest: object, **named: object) -> object:
        if any(row["analysis_id"] == OWN_ANALYSIS for row in analyses):
            raise ArithmeticError("planted: it cannot be computed")
        return compute(frames, populations, analyses, *rest, **named)

    monkeypatch.setattr(run, "compute", fails)


def protocol(four: Four, monkeypatch: pytest.MonkeyPatch) -> None:
    path = four.folder / "protocol.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("data_cut_date:", "data_cut_dat:", 1), encoding="utf-8")


def figure(four: Four, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = figures.draw_forms
    have_it_made_anew(four, "To be drawn")

    def fails(results: dict, outputs: list, **named: object) -> object:
        if OWN_ANALYSIS in set(results["ard"]["analysis_id"]):
            raise ArithmeticError("planted: it cannot be drawn")
        return draw(results, outputs, **named)

    monkeypatch.setattr(figures, "draw_forms", fails)


FAULTS = {  # how it is broken, the step that must say so, its words
    "its own model": (own_model, "models", "models that broke: eligibility.broken"),
    "its own gate": (own_gate, "models", "eligibility.item: "),
    "its statistics": (statistics, "statistics", "planted: it cannot be computed"),
    "its protocol": (protocol, "study_definition", "data_cut_dat"),
    "its figure": (figure, "figures", "planted: it cannot be drawn"),
}


@pytest.mark.parametrize(("spoil", "step", "words"), FAULTS.values(), ids=FAULTS)
def test_a_study_that_breaks_stops_none_of_the_others(
    four: Four,
    spoil: Callable[[Four, pytest.MonkeyPatch], None],
    step: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, before, mails = shutil.copytree(four.folder, tmp_path / "kept"), four.current(), len(four.sinks.mails)
    four.sinks.pings.clear()
    try:
        spoil(four, monkeypatch)
        night = refresh()
    finally:
        shutil.rmtree(four.folder)
        shutil.copytree(kept, four.folder)
    said = " ".join(night.output.split())
    assert night.exit_code == 1
    assert f"No release of {BROKEN} tonight." in said
    assert any(line.startswith(f"- {BROKEN}: ") and words in line for line in night.output.splitlines()), night.output
    assert not any(f"- {study}" in said for study in SOUND), night.output
    assert f"current release of {BROKEN}, untouched: {before[BROKEN].name}" in said
    assert four.current() == before, "the others publish the same release of the same inputs, it keeps its own"
    ((subject, text),) = four.sinks.mails[mails:]
    assert subject.endswith(f"no release of {BROKEN}")
    assert f"- {BROKEN}: no release tonight; the one before stays" in text
    assert not any(study in text for study in SOUND)
    assert four.sinks.overdue(before) == [BROKEN], "a watcher that waits for the ping of each misses that of one"
    assert_dagster_shows(four, step)


def assert_dagster_shows(four: Four, step: str) -> None:
    """The run failed; the step, or a check of it, is the broken study's; the others' releases are made."""
    dagster_home.prepare(four.settings)
    # Loaded above with the default house: each night builds its own definitions, as a new process would.
    assert definitions.of(four.settings) is not definitions.defs
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_run_records(limit=1)
        run_id = run.dagster_run.run_id
        events = [entry.get_dagster_event() for entry in instance.all_logs(run_id) if entry.is_dagster_event]
    assert run.dagster_run.status == dg.DagsterRunStatus.FAILURE
    of = {kind: [e for e in events if e.event_type == kind] for kind in dg.DagsterEventType}
    failed = {event.step_key for event in of[dg.DagsterEventType.STEP_FAILURE]}
    assert failed == {f"{BROKEN}__{step}"}
    made = {tuple(event.asset_key.path) for event in of[dg.DagsterEventType.ASSET_MATERIALIZATION]}
    assert {study for study, *rest in made if rest == ["release", "current"]} == set(SOUND)
