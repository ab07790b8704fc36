"""The recipes of docs/how_to.md work as written, one after the other, in a small house of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from cartwright.orchestration.assets.night import Night
from cartwright.orchestration.schedule import nightly_schedule

pytestmark = pytest.mark.slow
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how_to.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def block_of(title: str) -> str:
    return "".join(BLOCK.findall(dict(RECIPES)[title]))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a house of a few patients after its first night."""
    folder = tmp_path_factory.mktemp("how_to")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARTWRIGHT_", "DAGSTER_"))}
    environment = {
        **kept,
        "CARTWRIGHT_HOME": str(folder / "house"),
        "CARTWRIGHT_RESAMPLING": "none",
        "CARTWRIGHT_STUDIES": "cd19_outcome",  # a small one
        "ELSEWHERE": str(elsewhere),
        "HOME": str(folder / "home"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    run("cartwright simulate --patients 40 --seed 7 && cartwright refresh --quiet", environment)
    return environment


def run(block: str, environment: dict[str, str]) -> str:
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_recipes_work_in_the_order_of_the_page(small: dict[str, str]) -> None:
    """The last one takes the house away, and nothing of it is left anywhere else."""
    said = {title: run(block_of(title), small) for title, text in RECIPES if BLOCK.search(text)}
    assert len(said) >= 9
    ids = re.findall(r"\b[0-9a-f]{16}\b", said["Build earlier states, and come back"])
    assert len(set(ids)) >= 3
    home = Path(small["CARTWRIGHT_HOME"])
    assert not home.exists()
    assert {path.name for path in home.parent.iterdir()} <= {"elsewhere", "home"}
    left = {path.parent.name for path in (home.parent / "home").rglob("*") if path.is_file()}
    assert left <= {"matplotlib"}  # its list of fonts


def test_the_cron_line_of_the_page_is_the_schedule_s(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = re.findall(r'CARTWRIGHT_NIGHT_CRON="(.+)"', block_of("Change when the night runs"))
    monkeypatch.setenv("CARTWRIGHT_NIGHT_CRON", line)
    assert nightly_schedule("nightly").cron_schedule == line


def test_the_words_of_the_launchpad_are_the_state_of_knowledge_of_the_run() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)

    @dg.asset
    def known(night: Night) -> str:
        return night.settings.as_of.isoformat()

    done = dg.materialize([known], resources={"night": Night()}, run_config=yaml.safe_load(text))
    assert done.output_for_node("known") == "2022-08-25T00:00:00+00:00"
