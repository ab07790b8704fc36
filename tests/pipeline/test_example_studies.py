"""The studies that stand beside the first, in one night of a small hospital: what each publishes is what was planned.

Expected figures come from the simulator's plan (who got what, when they progressed, were treated anew, died), by hand
or with lifelines; nothing of the pipeline is used to find them. The house is that of example_house.py.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
import yaml
from lifelines import KaplanMeierFitter
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.refresh import NightReport
from cartwright.simulator import others
from cartwright.simulator.days import DATA_CUT
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.build_file import attachment
from cartwright.warehouse.study.place import StudyPlace
from example_house import CELLS, CHANGED, FIRST, FIRST_LINE, PAGE, PLANS, RATED, STUDIES, WITH_CELLS
from houses import House

pytestmark = pytest.mark.slow
COMMANDS = [line for line in PAGE.splitlines() if line.startswith("cartwright ") and f"--study {FIRST_LINE}" in line]
Row = dict[str, Any]
# Words that a report has no reason to say: of other studies, and of a publication.
FOREIGN = {
    CELLS: ("CD20", "cell of origin", "next treatment", "iwCLL", "IMWG", "cytokine peak"),
    FIRST_LINE: ("CD19", "CD20", "CAR-T", "CRS", "ICANS", "iwCLL", "IMWG", "infusion", "Duration of response"),
    RATED: (
        "CD19",
        "CD20",
        "CAR-T",
        "CRS",
        "ICANS",
        "Lugano",
        "lesion",
        "cell of origin",
        "infusion",
        "next treatment",
    ),
}
OF_A_PAPER = ("doi", "publication", "published", "printed", "Xue", "reviewer", "audit")


@dataclass(frozen=True)
class Examples:
    """A house after its first night with all of them."""

    settings: Settings
    night: NightReport

    def place(self, study_id: str) -> StudyPlace:
        return next(place for place in self.settings.places() if place.study_id == study_id)

    def ask(self, study_id: str, query: str) -> list[tuple[Any, ...]]:
        with open_release(self.place(study_id).current_db) as con:
            return con.execute(query).fetchall()

    def plans(self) -> dict[str, Row]:
        """usubjid -> what was planned for the patient."""
        with duckdb.connect() as con:
            con.execute(attachment(self.settings))
            known = con.execute(
                "SELECT DISTINCT usubjid, enterprise_no FROM hospital_file.identity.patient_map"
            ).fetchall()
        return {usubjid: PLANS[int(number[1:]) - 1] for usubjid, number in known}

    def words(self, study_id: str) -> str:
        """What a reader sees of a report, without what the hospital sent (tables and columns of feeds)."""
        page = (self.place(study_id).current / "report.html").read_text(encoding="utf-8")
        page = re.sub(r'<section id="(?:data-quality|since)".*?</section>', "", page, flags=re.DOTALL)
        return re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)


@pytest.fixture(scope="module")
def examples(house_of_examples: House) -> Examples:
    return Examples(house_of_examples.settings, house_of_examples.report)


def test_every_study_is_published(examples: Examples) -> None:
    assert examples.night.succeeded, examples.night.problems
    assert sorted(examples.night.published) == sorted([FIRST, CELLS, FIRST_LINE, RATED, CHANGED])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_walk_works(examples: Examples, command: str) -> None:
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert result.output.strip()


def test_none_of_them_has_code_or_printed_figures() -> None:
    for study_id in (CELLS, FIRST_LINE, RATED):
        assert {path.name for path in (STUDIES / study_id).iterdir()} == {"protocol.yml", "analysis_plan.yml"}


def test_the_first_line_study_holds_the_first_lines_whose_origin_is_known(examples: Examples) -> None:
    plans = examples.plans()
    found = examples.ask(FIRST_LINE, "SELECT usubjid, group_code FROM adam.adsl WHERE inclfl = 'Y'")
    expected = {u: row["coo_code"] for u, row in plans.items() if row["role"] == others.FIRST_LINE and row["coo_code"]}
    assert dict(found) == expected


def test_everybody_rated_is_in_the_rated_study_with_the_best_category(examples: Examples) -> None:
    plans = examples.plans()
    with (CHECKOUT / "sql" / "seeds" / "response_category.csv").open(encoding="utf-8") as file:
        category = {(criteria, code): word for criteria, code, word in (line.strip().split(",") for line in file)}
    expected = {
        u: category[others.RATED_BY[row["histology_code"]], row["best_response_code"]]
        for u, row in plans.items()
        if row["role"] == others.RATED
    }
    found = examples.ask(RATED, "SELECT usubjid, best_response_code FROM adam.adsl WHERE inclfl = 'Y'")
    assert dict(found) == expected


def test_everybody_with_cells_is_screened_for_their_outcome(examples: Examples) -> None:
    plans = examples.plans()
    with_cells = {u for u, row in plans.items() if row["cd19_infusion_date"] is not None}
    assert {u for (u,) in examples.ask(CELLS, "SELECT usubjid FROM adam.adsl")} == with_cells
    assert len(with_cells) == WITH_CELLS


def times(row: Row, start: int) -> dict[str, tuple[int, bool]]:
    """Days and whether the event came, of each endpoint, from what was planned."""
    died = row["death_date"] if row["death_date"] and row["death_date"] <= DATA_CUT else None
    end = died or min(row["last_contact_date"], DATA_CUT)
    first = min((day for day in (row["pd_date"], died) if day), default=None)
    following = row["new_therapy_date"]
    return {
        "OS": (end - start, died is not None),
        "PFS": ((first or end) - start, first is not None),
        "TTNT": ((following or end) - start, following is not None),
    }


def found_times(examples: Examples, study_id: str, endpoint: str) -> dict[str, tuple[int, bool, bool]]:
    query = "SELECT usubjid, duration_days, cnsr = 0, adtf IS NULL FROM adam.adtte WHERE paramcd = "
    return {u: tuple(rest) for u, *rest in examples.ask(study_id, f"{query}'{endpoint}'")}


@pytest.mark.parametrize(
    ("study_id", "endpoint"),
    [(FIRST_LINE, "OS"), (FIRST_LINE, "PFS"), (FIRST_LINE, "TTNT"), (RATED, "OS"), (RATED, "PFS")],
)
def test_days_and_events_are_those_that_were_planned(examples: Examples, study_id: str, endpoint: str) -> None:
    """A death known by its month only lies somewhere in it."""
    plans = examples.plans()
    found = found_times(examples, study_id, endpoint)
    assert found
    for usubjid, (days, is_event, is_whole) in found.items():
        planned_days, was_event = times(plans[usubjid], plans[usubjid]["time_zero_date"])[endpoint]
        assert is_event is was_event
        assert days == planned_days if is_whole else abs(days - planned_days) < 31


def test_deaths_after_cells_are_those_that_were_planned(examples: Examples) -> None:
    plans = examples.plans()
    found = examples.ask(CELLS, "SELECT usubjid, cnsr = 0, adt, adtf IS NULL FROM adam.adtte WHERE paramcd = 'OS'")
    assert len(found) > 30
    for usubjid, is_event, day, is_whole in found:
        died = plans[usubjid]["death_date"]
        assert is_event is (died is not None and died <= DATA_CUT)
        if is_event:
            assert abs(day - date.fromordinal(died)) < timedelta(days=1 if is_whole else 31)


@pytest.mark.parametrize(
    ("study_id", "analysis_id"),
    [(CELLS, "os"), (CELLS, "pfs"), (CELLS, "dor"), (RATED, "pfs"), *((FIRST_LINE, a) for a in ("os", "pfs", "ttnt"))],
)
def test_medians_and_events_are_those_of_another_program(examples: Examples, study_id: str, analysis_id: str) -> None:
    rows = examples.ask(
        study_id,
        "SELECT group_level, value, n, events FROM results.ard "
        f"WHERE analysis_id = '{analysis_id}' AND statistic = 'median_survival_months'",
    )
    assert rows
    for group, median, n, events in rows:
        of_group = "" if group == "all" else f"AND group_code = '{group}'"
        query = "SELECT duration_days, cnsr = 0 FROM adam.adtte WHERE paramcd ="
        days, came = zip(
            *examples.ask(study_id, f"{query} '{analysis_id.upper()}' {of_group} ORDER BY usubjid"), strict=True
        )
        assert (n, events) == (len(days), sum(came))
        theirs = KaplanMeierFitter().fit(days, came).median_survival_time_ * 12 / 365
        assert (median is None or median != median) if theirs == float("inf") else median == pytest.approx(theirs)


@pytest.mark.parametrize("study_id", [CELLS, FIRST_LINE, RATED])
def test_a_release_holds_the_persons_of_its_study_alone(examples: Examples, study_id: str) -> None:
    with open_release(examples.place(study_id).current_db) as con:
        screened = {u for (u,) in con.execute("SELECT usubjid FROM eligibility.screening").fetchall()}
        tables = con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_columns() WHERE column_name = 'usubjid' GROUP BY 1"
        ).fetchall()
        assert len(tables) > 30
        for (table,) in tables:
            persons = {u for (u,) in con.execute(f"SELECT DISTINCT usubjid FROM {table}").fetchall()} - {None}
            assert persons <= screened, table


@pytest.mark.parametrize("study_id", [CELLS, FIRST_LINE, RATED])
def test_a_report_says_nothing_that_its_study_does_not(examples: Examples, study_id: str) -> None:
    words = examples.words(study_id)
    said = [word for word in (*FOREIGN[study_id], *OF_A_PAPER) if re.search(rf"\b{word}\b", words)]
    assert not said
    plan = yaml.safe_load((STUDIES / study_id / "analysis_plan.yml").read_text(encoding="utf-8"))
    for output in plan["outputs"]:
        assert output["title"] in words.replace("&#39;", "'")


@pytest.mark.parametrize("study_id", [CELLS, FIRST_LINE, RATED])
def test_what_was_not_understood_touches_only_what_the_release_has(examples: Examples, study_id: str) -> None:
    touched = {part for (part,) in examples.ask(study_id, "SELECT DISTINCT output FROM quality.touched_output")}
    tables = {table for (table,) in examples.ask(study_id, "SELECT 'adam.' || table_name FROM duckdb_tables()")}
    assert {part for part in touched if part.startswith("adam.")} <= tables
    endpoints = {code for (code,) in examples.ask(study_id, "SELECT paramcd FROM study.endpoint")}
    assert {part for part in touched if part.isupper()} <= endpoints


def test_a_limit_and_a_criterion_added_take_who_is_above_it(examples: Examples) -> None:
    plans = examples.plans()
    ((excluded,),) = examples.ask(CHANGED, "SELECT excluded_count FROM eligibility.funnel WHERE criterion_id = 'fit'")
    unfit = [u for u, row in included(plans).items() if row["ecog_grade"] > 2]
    assert excluded == len(unfit) > 0


def test_an_endpoint_added_has_the_deaths_of_its_cause(examples: Examples) -> None:
    plans = examples.plans()
    found = found_times(examples, CHANGED, "LSS")
    deaths = {u: row["cause_code"] for u, row in included(plans).items() if u in found and row["death_date"]}
    assert {u for u, (_, is_event, _) in found.items() if is_event} == {u for u, c in deaths.items() if c == "lymphoma"}
    assert Counter(deaths.values())["lymphoma"] < len(deaths)
    query = "SELECT sum(n) FROM results.ard WHERE analysis_id = 'lss' AND statistic = 'median_survival_months'"
    drawn = examples.ask(CHANGED, query)
    assert drawn == [(len(found),)]


def test_a_subgroup_added_has_a_ratio_for_each_level(examples: Examples) -> None:
    query = "SELECT DISTINCT variable FROM results.ard WHERE analysis_id = 'pfs_subgroups' AND statistic = 'hr'"
    assert {variable for (variable,) in examples.ask(CHANGED, query)} >= {"is_stage_ge3", "sex_code"}


def test_a_covariate_added_is_in_its_model_and_moves_the_others(examples: Examples) -> None:
    query = "SELECT variable, value FROM results.ard WHERE analysis_id = 'pfs_multivariable' AND statistic = 'hr'"
    before, after = (dict(examples.ask(study_id, query)) for study_id in (FIRST_LINE, CHANGED))
    assert after.keys() - before.keys() == {"age_years"}
    assert after["is_ipi_ge3"] != before["is_ipi_ge3"]


def included(plans: Mapping[str, Row]) -> dict[str, Row]:
    """Whom the first-line study includes."""
    return {u: row for u, row in plans.items() if row["role"] == others.FIRST_LINE and row["coo_code"]}
