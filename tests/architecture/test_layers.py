"""The house stays the house: import direction, SQL layer order, and a first sentence in every folder."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from whole_project import whole_manifest

ROOT = Path(__file__).resolve().parents[2]
SQL_LAYERS = ["standards", "staging", "sdtm", "facts", "dated", "private", "eligibility", "adam", "mart", "quality"]
HOSPITAL = {"staging", "sdtm", "facts", "dated"}


@pytest.fixture(scope="module")
def manifest() -> dict:
    return whole_manifest()


def models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_python_packages_depend_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_a_model_reads_its_own_layer_or_earlier_ones(manifest: dict) -> None:
    backwards = [
        f"{node['schema']}.{node['name']} reads {parent['schema']}.{parent['name']}"
        for node in models(manifest)
        for parent in (manifest["nodes"].get(p) for p in node["depends_on"]["nodes"])
        if parent and SQL_LAYERS.index(parent["schema"]) > SQL_LAYERS.index(node["schema"])
    ]
    assert not backwards


def test_who_is_in_a_study_does_not_hang_on_what_follows(manifest: dict) -> None:
    """One schema, two folders: the models of follow-up read those of eligibility, never the other way."""
    folder = {node["name"]: Path(node["original_file_path"]).parts[1] for node in models(manifest)}
    backwards = [
        f"{node['name']} reads {name}"
        for node in models(manifest)
        for name in (parent.rpartition(".")[2] for parent in node["depends_on"]["nodes"])
        if folder[node["name"]] == "eligibility" and folder.get(name) == "endpoints"
    ]
    assert "endpoints" in folder.values()
    assert not backwards


def test_no_hospital_side_model_knows_a_study(manifest: dict) -> None:
    """The seam: staging, sdtm and facts serve any study."""
    crossing = [
        f"{node['schema']}.{node['name']}"
        for node in models(manifest)
        if node["schema"] in HOSPITAL
        and any(parent.startswith("source.cartwright.study.") for parent in node["depends_on"]["nodes"])
    ]
    assert not crossing


def test_raw_is_read_by_staging_only(manifest: dict) -> None:
    """The exceptions look at what staging has set aside or made unknown, and at the delivery it came with."""
    about_what_staging_left = {"finding__identity", "finding__measurement", "finding__value", "finding_count"}
    readers = [
        f"{node['schema']}.{node['name']}"
        for node in models(manifest)
        if node["schema"] != "staging"
        and node["name"] not in about_what_staging_left
        and any(parent.startswith("source.cartwright.raw.") for parent in node["depends_on"]["nodes"])
    ]
    assert not readers


def test_every_published_column_is_documented(manifest: dict) -> None:
    """Columns that analysts read have a description in the project; the release carries it as a comment."""
    published = [node for node in models(manifest) if node["schema"] in {"eligibility", "adam", "mart"}]
    bare = [
        f"{node['schema']}.{node['name']}" + (f".{column['name']}" if column else "")
        for node in published
        for column in [None, *node["columns"].values()]
        if not (column or node)["description"].strip()
    ]
    assert not bare


def test_a_column_name_means_one_thing(manifest: dict) -> None:
    """One type and one unit for one name in the whole project; published tables state types in their contracts."""
    types: dict[str, set[str]] = defaultdict(set)
    for node in models(manifest):
        for column in node["columns"].values():
            if column.get("data_type"):
                types[column["name"]].add(column["data_type"].upper())
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


@pytest.mark.parametrize("folder", ["analysis", "expectations", "explore", "orchestration", "simulator", "warehouse"])
def test_every_package_says_what_may_live_in_it(folder: str) -> None:
    for package in [ROOT / folder, *(p.parent for p in (ROOT / folder).rglob("__init__.py"))]:
        text = (package / "__init__.py").read_text(encoding="utf-8")
        assert re.match(r'"""\S.{20,}', text), f"{package.relative_to(ROOT)}/__init__.py has no sentence"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("analysis", "expectations", "explore", "orchestration", "simulator", "warehouse", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if not path.read_text(encoding="utf-8").lstrip().startswith(('"""', "#"))
    ]
    assert not silent


def test_the_folder_list_is_that_of_the_readme() -> None:
    """A folder that a command left behind, and somebody committed, is no room of the house."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    folders = {name.partition("/")[0] for name in listed.stdout.split() if "/" in name} - {".ci", "requirements"}
    page = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The folders")[2].partition("\n## ")[0]
    first_column = " ".join(re.findall(r"^\| (`.+?) \|", page, flags=re.MULTILINE))
    assert folders == set(re.findall(r"`([a-z]+)/", first_column))


def test_a_line_of_yaml_can_be_read_without_scrolling() -> None:
    """Rows of plans, cases of unit tests, descriptions: YAML folds a line wherever a comma or a space is."""
    folders = [ROOT / name for name in ("studies", "sql", "hospitals", "warehouse")]
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted(path for folder in folders for path in folder.rglob("*.yml") if "target" not in path.parts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 160
    ]
    assert not long


def test_no_index_address_and_no_private_path_is_committed() -> None:
    """The project stands alone: what installs it is decided by the machine it is installed on."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = listed.stdout.split()
    forbidden = re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "index-" + "url", "/wo" + "rk/"]))
    text = {".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".lock", ".in", ".csv", ".cfg", ".sh", ""}
    guilty = [
        name
        for name in tracked
        if (ROOT / name).is_file()
        and Path(name).suffix in text
        and forbidden.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]
    assert not guilty
