"""A small hospital with the first study and every study that stands beside it: who is in it, and its first night.

A fifth study is the first-line one with every how-to of docs/studies.md done to it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from cartwright.orchestration.commands.refresh import NightReport, run_night
from cartwright.simulator import others
from cartwright.simulator.generate import DEFAULT_SEED, simulate
from cartwright.simulator.plan import calibrated_block, to_frame
from cartwright.warehouse.settings import CHECKOUT, Settings
from houses import silent

STUDIES = CHECKOUT / "studies"
PAGE = (CHECKOUT / "docs" / "studies.md").read_text(encoding="utf-8")
FIRST, CELLS, FIRST_LINE, RATED, CHANGED = "cd20_salvage", "cd19_outcome", "first_line", "rated_response", "changed"
HOW_TO = re.findall(r"```yaml (\S+) (\S+)\n(.*?)```", PAGE, re.DOTALL)
WITH_CELLS = 40
PLANS = [*calibrated_block(DEFAULT_SEED)[:WITH_CELLS], *others.plan_others(DEFAULT_SEED)]


def folders(made: Path) -> list[Path]:
    """Of every study, those of `made` first and last: the first one is a copy, to be broken."""
    return [made / FIRST, *(STUDIES / name for name in (CELLS, FIRST_LINE, RATED)), made / CHANGED]


def first_night(home: Path) -> NightReport:
    """Of the studies that the settings list: `folders`."""
    made = Settings().studies[0].parent
    shutil.copytree(STUDIES / FIRST, made / FIRST, ignore=shutil.ignore_patterns("calibration", "__pycache__"))
    changed_study(made)
    simulate(home, plan=to_frame(PLANS))
    return run_night(Settings(), silent)


def changed_study(folder: Path) -> Path:
    """The first-line study with every block of the page added where it says."""
    made = shutil.copytree(STUDIES / FIRST_LINE, folder / CHANGED)
    for name in sorted({file for file, _, _ in HOW_TO}):
        text = (made / name).read_text(encoding="utf-8")
        content = yaml.safe_load(text)
        if name == "protocol.yml":
            content["study"]["study_id"] = CHANGED
        for file, place, block in HOW_TO:
            if file == name:
                add(content, place.split("."), yaml.safe_load(block))
        (made / name).write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return made


def add(content: Any, place: list[str], block: Any) -> None:
    """Put a block into a section: `analyses.<analysis_id>.variables` leads through the row of that name."""
    section = content[place[0]]
    for step in place[1:]:
        section = section[step] if isinstance(section, dict) else next(r for r in section if r["analysis_id"] == step)
    section.update(block) if isinstance(section, dict) else section.extend(block)
