"""The CDISC export of a whole night: complete, valid, read back in R; and in a release where the house asks for it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pyreadstat
import pytest
from jsonschema import Draft202012Validator
from odmlib.odm_parser import ODMSchemaValidator
from typer.testing import CliRunner

import r_packages
from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.cdisc.check import core, lacking
from cartwright.warehouse.cdisc.standard import Variable, data_sets
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.release import releases
from cartwright.warehouse.release.guard import Search
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study import build_file
from houses import House

pytestmark = pytest.mark.slow
SCHEMA = Path(__file__).parents[1] / "cdisc" / "cdisc_schema" / "dataset.schema.json"
DOCS = Path(__file__).parents[2] / "docs"
SCRIPT = DOCS / "cdisc_cox.R"


@pytest.fixture(scope="module")
def folder(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cdisc") / "out"
    done = CliRunner().invoke(app, ["export", "--cdisc", "--to", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


def test_every_file_is_valid_by_the_schema_of_its_standard(folder: Path) -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for path in [*folder.glob("sdtm/*.json"), *folder.glob("adam/*.json")]:
        assert validator.is_valid(json.loads(path.read_text(encoding="utf-8"))), path
    for standard in ("sdtm", "adam"):
        ODMSchemaValidator(standard="define", version="2.1").validate_file(str(folder / standard / "define.xml"))


def test_no_required_or_expected_variable_is_missing_but_what_the_feeds_cannot_have(folder: Path) -> None:
    for name, each in data_sets().items():
        if each.standard == "SDTM":
            _, meta = pyreadstat.read_xport(folder / "sdtm" / f"{name.lower()}.xpt", metadataonly=False)
            assert lacking(name, [column.lower() for column in meta.column_names]) == [], name
            assert all(variable.absent_because or variable.column for variable in core(name))


def test_the_page_counts_what_the_tables_lack_and_what_stands_empty(house: House, folder: Path) -> None:
    """By domain, Required and Expected; of what is there and holds nothing it names each domain."""
    page = (DOCS / "cdisc.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| ((?:[A-Z]{2}(?:, )?)+) \| ([^|]+) \| (\d+), (\d+) \|", page, flags=re.MULTILINE)
    told = {tuple(names.split(", ")): (before, (int(req), int(exp))) for names, before, req, exp in table}
    with open_release(house.place.current_db) as con:
        columns = con.execute(
            "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE schema_name = 'sdtm' GROUP BY ALL"
        ).fetchall()
    here = dict(columns)
    domains = [name for name, each in data_sets().items() if each.standard == "SDTM"]
    assert sorted(name for names in told for name in names) == sorted(domains)
    for names, (before, empty) in told.items():
        every = [variable for name in names for variable in core(name)]
        assert _counted([variable for variable in every if variable.absent_because]) == empty, names
        if "no such table" not in before:
            lacked = [variable for name in names for variable in lacking(name, here[name.lower()])]
            assert before == "{}, {}".format(*_counted(lacked)), names
    with_table = [name for name in domains if name.lower() in here]
    lacked = [variable for name in with_table for variable in lacking(name, here[name.lower()])]
    required, expected = _counted(lacked)
    number = sum(len(core(name)) for name in with_table)
    assert f"Of {number} Required and Expected variables of the {len(with_table)} domains" in page
    assert f"lack {required} Required and {expected} Expected ones" in page

    said = re.search(r"`VISITNUM` \(Expected\) is there and holds nothing in (.*?) of the demonstration", page)
    assert said is not None
    named = {(name, "VISITNUM") for name in re.findall("[A-Z]{2}", said[1])}
    assert {found for name in domains for found in _empty_in(folder, name)} == named


def _counted(found: Sequence[Variable]) -> tuple[int, int]:
    return sum(v.core == "Req" for v in found), sum(v.core == "Exp" for v in found)


def _empty_in(folder: Path, name: str) -> set[tuple[str, str]]:
    """Required and Expected variables for whose being empty no reason is declared."""
    frame, _ = pyreadstat.read_xport(folder / "sdtm" / f"{name.lower()}.xpt")
    filled = frame.replace("", None).notna().any()
    return {(name, v.name) for v in core(name) if not v.absent_because and not filled[v.name]}


def test_the_transport_file_holds_what_the_release_holds(house: House, folder: Path) -> None:
    frame, _ = pyreadstat.read_xport(folder / "adam" / "adtte.xpt")
    with open_release(house.place.current_db) as con:
        ours = con.execute("SELECT usubjid, paramcd, adt, aval, cnsr FROM adam.adtte ORDER BY ALL").fetchall()
    theirs = frame[["USUBJID", "PARAMCD", "ADT", "AVAL", "CNSR"]].itertuples(index=False)
    assert sorted(map(tuple, theirs)) == ours


def test_no_identifier_column_is_in_a_data_set(folder: Path) -> None:
    for path in folder.glob("*/*.xpt"):
        _, meta = pyreadstat.read_xport(path, metadataonly=True)
        assert not {"BRTHDTC", "BRTHDT"} & set(meta.column_names), path


def test_a_cox_model_in_r_gives_our_hazard_ratio(house: House, folder: Path) -> None:
    """survival::coxph on the transport file, read by haven, against results.ard: 1e-8, and the limits too."""
    r_packages.demanded("haven", "survival")
    with open_release(house.place.current_db) as con:
        rows = con.execute("""
            SELECT analysis.endpoint, level.label, other.label, ard.value, ard.ci_low, ard.ci_high
            FROM results.ard AS ard
            INNER JOIN study.analysis AS analysis ON ard.analysis_id = analysis.analysis_id
            INNER JOIN study.study_group AS level ON ard.group_level = level.group_code
            INNER JOIN study.study_group AS other ON ard.comparator = other.group_code
            WHERE analysis.kind = 'hr_cox' AND ard.statistic = 'hr' AND ard.method = 'cox efron'
              AND analysis.population = 'analysed' AND analysis.endpoint IN ('OS', 'PFS')
              AND analysis.group_by = 'group_code' AND ard.variable IS NULL
            ORDER BY ALL""").fetchall()
    assert {endpoint for endpoint, *_ in rows} == {"OS", "PFS"}
    for endpoint, group, other, *ours in rows:
        command = ["Rscript", SCRIPT, folder / "adam" / "adtte.xpt", endpoint, group, other]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        theirs = [float(number) for number in done.stdout.split()]
        assert theirs == pytest.approx(ours, rel=1e-8), endpoint


def test_a_house_that_asks_for_it_has_the_data_sets_in_its_releases(
    copy_of_house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another id: with and without them are two releases. Only the publishing step is done anew."""
    monkeypatch.setenv("CARTWRIGHT_CDISC", "1")
    settings = Settings()
    (place,) = settings.places()
    with build_file.open_study(settings, place, may_name=True) as con:
        release_id = releases.release_id(con, settings, place)
        assert release_id != place.current.resolve().name
        manifest = json.loads((place.current / "manifest.json").read_text(encoding="utf-8"))
        built = releases.build(
            con,
            settings,
            place,
            Search(con, place.folder),
            release_id,
            manifest["checked_by"],
            manifest["required_checks"],
        )
    files = {path.relative_to(built / "exports" / "cdisc").as_posix() for path in (built / "exports").rglob("*.*")}
    assert {"guide.html", "ars.json", "sdtm/define.xml", "sdtm/lb.xpt", "adam/adsl.json"} <= files
