"""The whole night: from feeds to a release that equals the truth and protects yesterday."""

from __future__ import annotations

import json
import os

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.refresh import run_night
from cartwright.orchestration.commands.summary import show_night
from cartwright.warehouse.connect import open_build, open_release
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.settings import Settings
from houses import House, silent
from truth import compare

pytestmark = pytest.mark.slow


def test_the_night_publishes_a_release_that_says_it_is_simulated(house: House) -> None:
    release = house.place.current.resolve()
    manifest = json.loads((release / "manifest.json").read_text())
    assert manifest["run_id"] == house.report.run_id
    assert "imulated" in json.dumps(manifest)
    assert b"imulated" in (release / "report.html").read_bytes()
    assert (release / "tables" / "tables.docx").stat().st_size > 20_000
    kinds = ("svg", "csv", "pdf", "png")
    drawn = {kind: {path.stem for path in (release / "figures").glob(f"*.{kind}")} for kind in kinds}
    assert drawn["svg"] == drawn["csv"] == drawn["pdf"] == drawn["png"] != set()
    assert len(list((release / "tables").glob("*.csv"))) > len(drawn["svg"])
    assert (release / "parquet").is_dir()
    assert house.place.current_db.resolve() == release / "release.duckdb"


def test_the_study_is_the_published_one(house: House) -> None:
    """179 screened, 93 included, 54 and 39; 36 and 31 deaths; 42 and 34 PFS events (doi 10.3389/fonc.2024.1376490)."""
    with open_release(house.place.current_db) as con:
        groups = con.execute(
            "SELECT group_code, count(*) FROM adam.adsl WHERE inclfl = 'Y' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        events = con.execute(
            "SELECT paramcd, group_code, count(*) FILTER (cnsr = 0) FROM adam.adtte WHERE paramcd IN ('OS', 'PFS') "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        screened = con.execute("SELECT count(*) FROM eligibility.screening").fetchone()[0]
    assert screened == 179
    assert groups == [("cd20", 54), ("noncart", 39)]
    assert events == [("OS", "cd20", 36), ("OS", "noncart", 31), ("PFS", "cd20", 42), ("PFS", "noncart", 34)]


def test_what_the_feeds_allow_to_know_is_found_patient_by_patient(house: House) -> None:
    found = compare(house.settings)
    assert found.patients == 179
    assert not found.differences, str(found)


def test_every_printed_figure_has_one_verdict(house: House) -> None:
    """409 figures of the paper; the sizes of the groups are those of the study whatever the cohort."""
    with open_release(house.place.current_db) as con:
        claims, distinct, judged = con.execute(
            "SELECT count(*), count(DISTINCT claim_id), count(verdict) FROM results.claims_audit"
        ).fetchone()
        sizes = con.execute(
            "SELECT DISTINCT verdict FROM results.claims_audit WHERE section = 'results.patients'"
            " AND quantity LIKE 'cohort size%'"
        ).fetchall()
    assert claims == distinct == judged == 409
    assert sizes == [("reproduced",)]
    assert b'<table id="claims">' in (house.place.current / "report.html").read_bytes()


def test_every_record_is_accounted_for(house: House) -> None:
    with open_release(house.place.current_db) as con:
        lost = con.execute(
            "SELECT count(*) FROM quality.delivery_ledger "
            "WHERE records_count <> loaded_count + rejected_count + duplicate_count"
        ).fetchone()[0]
    assert lost == 0


def test_what_was_not_understood_is_listed_everywhere(
    house: House, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First in the summary, in the report, by `cartwright findings`, and as checks that block nothing."""
    monkeypatch.setenv("CARTWRIGHT_HOME", str(house.settings.home))
    with open_release(house.place.current_db) as con:
        found = finding_list.listed(con)
        checks = con.execute(
            "SELECT DISTINCT severity FROM quality.check_result WHERE table_name = 'quality.finding_count' "
            "AND check_id IN ('dbt.values_understood', 'dbt.values_plausible', 'dbt.links_complete')"
        ).fetchall()
        every = {
            table: con.execute(f"SELECT count(DISTINCT record_id) FROM {table}").fetchone()[0]
            for table in ("facts.finding", "quality.rejected_record")
        }
    assert sum(finding.record_count for finding in found) >= sum(every.values())
    assert checks == [("convention",)]
    show_night(house.report, house.settings)
    assert capsys.readouterr().out.split("records  ")[0].count("findings") >= 1
    assert b"What was not understood" in (house.place.current / "report.html").read_bytes()
    shown = CliRunner().invoke(app, ["findings", "unreadable_value"])
    assert shown.exit_code == 0
    assert "value_not_num" in shown.output  # the terminal of a test is narrow
    assert CliRunner().invoke(app, ["findings", "nonsense"]).exit_code == 1


def test_every_published_column_carries_its_comment(house: House) -> None:
    with open_release(house.place.current_db) as con:
        bare = con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE comment IS NULL "
            "AND database_name = 'release' AND schema_name NOT IN ('facts', 'sdtm') ORDER BY ALL"
        ).fetchall()
    assert not bare


@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        ("UPDATE raw.ehr_patient SET row_status = NULL", "raw.ehr_patient.required_filled"),
        ("UPDATE quality.delivery_ledger SET records_count = records_count + 1", "quality.delivery_ledger.adds_up"),
    ],
)
def test_a_fatal_finding_stops_the_night_and_leaves_current_alone(
    copy_of_house: Settings, fault: str, found_by: str
) -> None:
    place = copy_of_house.places()[0]
    before = place.current.resolve()
    with open_build(copy_of_house) as con:
        con.execute(fault)
    report = run_night(copy_of_house, silent)
    assert not report.succeeded
    assert any(found_by in problem for problem in report.problems), report.problems
    assert place.current.resolve() == before


def test_two_nights_cannot_write_at_once(house: House) -> None:
    from cartwright.warehouse.writer import AnotherNightIsWriting, sole_writer

    with sole_writer(house.settings), pytest.raises(AnotherNightIsWriting), sole_writer(house.settings):
        pass


def test_the_run_can_be_browsed_afterwards(house: House) -> None:
    from dagster import DagsterInstance, DagsterRunStatus

    os.environ["DAGSTER_HOME"] = str(house.settings.dagster_home)
    with DagsterInstance.get() as instance:
        run = instance.get_run_by_id(house.report.run_id)
        assert run is not None
        assert run.status == DagsterRunStatus.SUCCESS
        assert run.job_name == "nightly"
