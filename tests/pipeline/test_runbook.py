"""Every alert and every finding of the doctor has its section of the runbook, and every section has one of them."""

from __future__ import annotations

import re
from pathlib import Path

from cartwright.warehouse.alarms import runbook

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / runbook.PAGE).read_text(encoding="utf-8")
RAISED = re.compile(r"\b(?:Alarm|Finding)\(\s*\"(\w+)\"|\bkind = \"(\w+)\" if \w+ in \w+ else \"(\w+)\"")


def raised() -> set[str]:
    """The kinds that the program names where it makes an alarm or a finding."""
    sources = [path for folder in ("warehouse", "orchestration") for path in (ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    return {kind for found in RAISED.findall(text) for kind in found if kind}


def test_what_the_program_raises_is_known_to_the_runbook() -> None:
    assert raised() <= runbook.TITLES.keys()
    assert len(raised()) > 15


def test_what_the_runbook_knows_is_raised() -> None:
    of_the_watcher = {"ping_missing"}  # somebody else's machine tells of it
    assert runbook.TITLES.keys() - raised() == of_the_watcher


def test_the_page_has_a_section_for_each_and_no_other() -> None:
    assert re.findall(r"^## (.+)$", PAGE, flags=re.MULTILINE) == list(runbook.TITLES.values())


def test_every_section_says_what_to_do() -> None:
    for section in PAGE.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        assert len(text.split()) > 15, title


def test_the_anchors_in_the_page_lead_to_sections() -> None:
    anchors = {runbook.section(kind).partition("#")[2] for kind in runbook.TITLES}
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE)) <= anchors
