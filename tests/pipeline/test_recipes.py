"""What docs/analysts.md shows for other programs runs as written on a fresh release."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import r_packages
from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.connect import open_release
from houses import House

pytestmark = pytest.mark.slow
PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"### ([^\n]+)\n```python\n(.*?)```", PAGE, flags=re.DOTALL))
SHELL = re.search(r"```sh\n(duckdb .*?)\n```", PAGE)[1]
DUE = {"SQLAlchemy": "len(rows) == 2", "pandas": "len(adsl) == 179", "polars": "len(lazy) == 93 < len(adtte)"}


@pytest.fixture
def release(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RELEASE", str(house.place.current_db))
    return str(house.place.current_db)


def test_these_are_the_recipes() -> None:
    assert set(RECIPES) == set(DUE)


@pytest.mark.parametrize("program", DUE)
def test_a_recipe_runs(release: str, program: str, tmp_path: Path) -> None:
    script = f"{RECIPES[program]}\nassert {DUE[program]}\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_unknown_is_neither_true_nor_false_in_a_frame(release: str) -> None:
    """What the page warns of: without convert_dtypes() the column is of objects."""
    script = (
        RECIPES["pandas"] + "assert str(adsl.is_responder.dtype) == 'boolean' and str(adsl.age_years.dtype) == 'Int32'"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_duckdbs_shell_reads_a_release(release: str) -> None:
    program = Path(sys.executable).parent / "duckdb"
    words = [release if word == "$RELEASE" else word for word in shlex.split(SHELL)[1:]]
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "│ OS " in done.stdout


def test_the_export_of_the_page_is_written(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = re.search(r"`(cartwright export adam\.adsl .*?)`", PAGE)[1]
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "for_anna" / "adam.adsl.xlsx").exists()
    shutil.rmtree(tmp_path / "for_anna")


def test_r_reads_an_export_and_fits_our_ratio(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    r_packages.demanded("survival", "readxl")
    monkeypatch.chdir(tmp_path)
    command = re.search(r"`cartwright (export adam\.adsl adam\.adtte .*?)`", PAGE)[1]
    assert CliRunner().invoke(app, shlex.split(command)).exit_code == 0
    *reading, fit = re.search(r"```r\n(.*?)```", PAGE, re.DOTALL)[1].strip().splitlines()
    shown = f"cat(nrow(adsl), class(adsl$time_zero_date)[1], format(exp(-coef({fit})), digits = 15))"
    done = subprocess.run(["Rscript", "-e", "\n".join([*reading, shown])], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows, kind, ratio = done.stdout.split()
    ours = "SELECT value FROM results.ard WHERE analysis_id = 'os_by_group_cox' AND statistic = 'hr'"
    with open_release(house.place.current_db) as con:
        assert float(ratio) == pytest.approx(con.execute(ours).fetchone()[0], abs=1e-8)
    assert (rows, kind) == ("179", "POSIXct"), "days come from a workbook as moments, as the page says"
