"""What a hospital writes into any field stays in the restricted zone: whole nights, and every byte that they leave.

One night is published; the next fails in a model whose error quotes a value. Searched: releases, pages, logs, Dagster's
store, what dbt made, what the commands print, messages that receivers got. The small sample of this, without Dagster:
tests/cases/test_nothing_identifies.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from canaries import BIRTH, NEVER, Canaries
from cartwright.simulator.generate import simulate
from cartwright.warehouse.settings import CHECKOUT, Settings
from search_bytes import search
from sinks import Sinks, listening

pytestmark = [pytest.mark.whole, pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")]
WORDS = [NEVER, BIRTH, BIRTH.replace("-", "")]
# Not `feeds check`: it names files of the landing zone to whoever may read them there.
COMMANDS = (["releases", "list"], ["rejected"], ["doctor"], ["audit"], ["trace", "table1"])
QUOTING = "coalesce((SELECT max(CAST(lborresu AS INTEGER)) FROM {{ ref('lb') }}), 0) > -1"


class Night:
    """A house with canaries, its receivers, and whatever was printed."""

    def __init__(self, home: Path, sinks: Sinks) -> None:
        self.home, self.printed, self.sinks = home, "", sinks

    def run(self, *arguments: str, **environment: str) -> int:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CARTWRIGHT_")}
        told = {"CARTWRIGHT_HOME": str(self.home), "CARTWRIGHT_ALERT": self.sinks.alert} | environment
        command = [str(Path(sys.executable).with_name("cartwright")), *arguments]
        done = subprocess.run(command, env=kept | told, capture_output=True, text=True)
        self.printed += done.stdout + done.stderr
        return done.returncode


def _study_that_breaks(folder: Path) -> Path:
    """The study with a model of its own whose error quotes what stands in a record."""
    shutil.copytree(CHECKOUT / "studies" / "cd20_salvage", folder)
    model = folder / "sql" / "mart" / "cart_expansion.sql"
    model.write_text(f"SELECT * FROM (\n{model.read_text()}\n) AS whole\nWHERE {QUOTING}\n")
    return folder


def test_no_canary_is_in_any_byte_that_nights_leave(tmp_path, tell):
    home, made = tmp_path / "house", CHECKOUT / "sql" / "target"
    simulate(home, patients=40, seed=5)
    canaries = Canaries(home / "feeds")
    canaries.plant()
    with listening() as sinks:
        night = Night(home, sinks)
        first = night.run("refresh")
        for command in COMMANDS:
            night.run(*command)
        broken = _study_that_breaks(tmp_path / "cd20_salvage")
        second = night.run("refresh", CARTWRIGHT_STUDIES=str(broken))
        messages = "\n".join([*sinks.texts, *(body for _, body in sinks.hooks)])
    settings = Settings(home=home)
    held = search(settings.restricted, [NEVER])
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "printed").write_text(night.printed)
    (tmp_path / "said" / "messages").write_text(messages)
    places = {"house": home, "said": tmp_path / "said"} | ({"dbt": made} if made.exists() else {})
    apart = (settings.restricted, settings.feeds, settings.truth)
    searched = {name: search(folder, WORDS, apart) for name, folder in places.items()}
    hits = [hit for each in searched.values() for hit in each.hits]
    files, size = (sum(getattr(each, what) for each in searched.values()) for what in ("files", "bytes"))
    tell(
        f"{len(canaries.places)} canaries, nights ended with {first} and {second}; {files} files, {size:,} bytes "
        f"searched, {len(hits)} hits; in the restricted zone {len(held.hits)} files and tables hold some"
    )
    kept = re.findall(f"{NEVER}\\d{{4}}q", night.printed + messages)
    assert hits == [], {canaries.places.get(canary) for canary in kept}
    assert first == 0, night.printed[-3000:]
    assert second == 1
    assert "cart_expansion" in night.printed + messages, "the night failed by the model that quotes"
    assert held.hits, "the canaries came in"
    assert any(settings.home.glob("studies/*/releases/*/release.duckdb"))
    assert sinks.hooks, "somebody was told"
