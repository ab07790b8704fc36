"""Every page of docs/ has its reader, and every example on it a test that runs it."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from handbook.build import configuration, listed, pages_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = r"(?:`|^)(?:[A-Z_]+=\S+ )*(?:sudo )?{} ([^`\n]*)"
# (page, language) -> who runs its blocks. Commands of blocks without a language: tests/pipeline/test_docs.py and below.
RUN_BY = {
    ("*", "sql"): "pipeline/test_docs.py",
    ("analysts.md", "python"): "pipeline/test_recipes.py",
    ("analysts.md", "sh"): "pipeline/test_recipes.py",
    ("cdisc.md", "sh"): "pipeline/test_cdisc_export.py",
    ("checks.md", "yaml"): "architecture/test_documentation.py",
    ("feeds.md", "sql"): "warehouse/test_ehr_postgresql.py",
    ("hospitals.md", "csv"): "warehouse/test_how_to.py",
    ("hospitals.md", "yaml"): "warehouse/test_how_to.py",
    ("how_to.md", "bash"): "pipeline/test_operators_how_to.py",
    ("how_to.md", "yaml"): "pipeline/test_operators_how_to.py",
    ("investigators.md", "python"): "pipeline/test_notebook.py",
    ("operations.md", "yaml"): "pipeline/test_dagster_truth.py",
    ("studies.md", "yaml"): "study/test_study_docs.py",
}
# Nothing of ours runs them: the page says that they were tried by hand, or what they need.
BY_HAND = {("analysts.md", "r"), ("cdisc.md", "sas")}


def blocks() -> set[tuple[str, str]]:
    return {(page.name, language) for page in PAGES for language, _ in BLOCK.findall(page.read_text(encoding="utf-8"))}


def commands(program: str) -> set[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    return {match.split("#")[0].strip() for match in re.findall(COMMAND.format(program), text, flags=re.MULTILINE)}


def test_every_page_stands_once_in_the_navigation_of_the_site() -> None:
    named = list(listed(configuration()["nav"]))
    assert sorted(named) == sorted(name for name in pages_of(ROOT) if name.endswith(".md"))


@pytest.mark.parametrize(("page", "language"), sorted(blocks()))
def test_a_block_has_a_test_that_runs_it(page: str, language: str) -> None:
    if not language or (page, language) in BY_HAND:
        return
    runner = RUN_BY.get((page, language)) or RUN_BY[("*", language)]
    assert (ROOT / "tests" / runner).exists()


def test_the_check_that_is_shown_stands_in_its_file() -> None:
    (block,) = [text for language, text in BLOCK.findall((ROOT / "docs" / "checks.md").read_text()) if language]
    shown = yaml.safe_load(block)
    file = yaml.safe_load((ROOT / re.findall(r"sql/checks/\S+\.yml", block)[0]).read_text(encoding="utf-8"))
    assert {name: shown[name] for name in ("for", "key", "endangers")}.items() <= file.items()
    for name, check in shown["checks"].items():
        assert check.items() <= file["checks"][name].items()


def test_every_word_of_make_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    asked = {command.split()[0] for command in commands("make")}
    assert len(asked) >= 8
    assert not asked - targets


def test_every_module_that_is_to_be_run_is_there() -> None:
    modules = {command.split()[0] for command in commands("python -m")} - {"ipykernel"}  # the reader's own
    assert len(modules) >= 5
    assert not [module for module in modules if find_spec(module) is None]
