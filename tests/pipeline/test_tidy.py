"""What the commands of retention say and leave: pruned releases by their reasons, Dagster's store without old runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.instance import prepare, sweep
from cartwright.warehouse.release.switch import point_current_at
from cartwright.warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A house with three releases of one month; the newest is current."""
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "house"))
    settings = Settings()
    place = settings.places()[0]
    for day in (1, 2, 3):
        folder = place.releases / f"r{day}"
        folder.mkdir(parents=True)
        said = {"release_id": folder.name, "built_at": f"2026-01-0{day}T03:00:00+00:00"}
        (folder / "manifest.json").write_text(json.dumps(said))
    point_current_at(place, place.releases / "r3")
    return settings


@pytest.fixture
def instance(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "")
    prepare(settings)
    with dg.DagsterInstance.get() as made:
        yield made


def test_pruning_says_of_each_release_why_it_stays_or_goes(settings: Settings) -> None:
    called = CliRunner().invoke(app, ["releases", "name", "r1", "paper"])
    assert called.exit_code == 0, called.output
    for option, gone in (["--dry-run"], "would be removed"), ([], "removed"):
        result = CliRunner().invoke(app, ["releases", "prune", "--nights", "1", *option])
        assert result.exit_code == 0, result.output
        first, second, third, total = (line.split("  ")[-1] for line in result.output.splitlines())
        assert [first, second, third] == ["stays: named paper", gone, "stays: current"]
        assert "2 stay, 1" in total
    assert "paper" in CliRunner().invoke(app, ["releases", "list"]).output
    assert sorted(path.name for path in settings.places()[0].releases.iterdir()) == ["r1", "r3"]


@dg.asset
def anything() -> None:
    pass


NIGHT = dg.Definitions([anything], jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)])


def files(settings: Settings, run_id: str) -> list[str]:
    return [str(path) for path in settings.dagster_home.rglob("*") if path.name.startswith(run_id)]


def test_sweeping_removes_the_files_of_old_runs_and_keeps_those_of_the_others(
    instance: dg.DagsterInstance, settings: Settings
) -> None:
    job = NIGHT.resolve_job_def("nightly")
    run_ids = [job.execute_in_process(instance=instance).run_id for _ in range(2)]
    assert all(files(settings, run_id) for run_id in run_ids)
    assert sweep(instance, settings, older_than_days=1)[0] == 0
    assert all(files(settings, run_id) for run_id in run_ids)
    instance.delete_run(run_ids[0])
    sweep(instance, settings, older_than_days=1)
    assert files(settings, run_ids[0]) == []
    assert files(settings, run_ids[1])
    assert instance.all_logs(run_ids[1])
    assert sweep(instance, settings, older_than_days=0)[0] == 1
    assert files(settings, run_ids[1]) == []
