"""The release id knows all the code: touching any source changes it, wherever the checkout stands."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cartwright.warehouse.release.fingerprint import code_digest, sources
from cartwright.warehouse.settings import CHECKOUT

FOLDERS = ("sql", "analysis", "warehouse", "expectations", "orchestration", "requirements/base.lock")


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", *FOLDERS], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources below a folder with a name that dbt gives to what it makes."""
    root = tmp_path_factory.mktemp("target") / "logs" / "checkout"
    for name in tracked():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, root / name)
    return root


def test_every_tracked_source_counts(checkout: Path) -> None:
    assert {path.as_posix() for path in sources(checkout)} == set(tracked())


@pytest.mark.parametrize(
    "name", ["orchestration/assets/gates.py", "analysis/report/templates/report.js", "sql/seeds/ctcae_term.csv"]
)
def test_touching_a_source_changes_the_id(checkout: Path, name: str) -> None:
    before, path = code_digest(checkout), checkout / name
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    code_digest.cache_clear()
    assert code_digest(checkout) != before
    path.write_bytes(content)
    code_digest.cache_clear()


def test_what_programs_make_beside_the_sources_does_not_count(checkout: Path) -> None:
    code_digest.cache_clear()
    before = code_digest(checkout)
    for name in ("sql/target/manifest.json", "sql/logs/dbt.log", "warehouse/__pycache__/x.pyc"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("made")
    code_digest.cache_clear()
    assert code_digest(checkout) == before


@pytest.mark.parametrize("part", FOLDERS)
def test_a_missing_part_is_an_error(checkout: Path, tmp_path: Path, part: str) -> None:
    shutil.copytree(checkout, tmp_path / "half")
    gone = tmp_path / "half" / part
    gone.unlink() if gone.is_file() else shutil.rmtree(gone)
    with pytest.raises(FileNotFoundError, match=part):
        code_digest(tmp_path / "half")
