"""Patients without cells and rated responses: what is planned is what an independent reading of the records finds."""

import csv
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from cartwright.simulator import others
from cartwright.simulator.chart import Chart
from cartwright.simulator.derive_lugano import best_of, time_points
from cartwright.simulator.derive_therapy import possible_days, therapies
from cartwright.simulator.derive_visible import visible
from cartwright.simulator.dirt import Delivered, deliver
from cartwright.simulator.generate import DEFAULT_SEED, simulate
from cartwright.simulator.plan import BLOCK, calibrated_block, to_frame
from cartwright.simulator.ratings import rate
from cartwright.simulator.render import render
from cartwright.simulator.tables import EHR_TABLES

CATEGORIES = Path(__file__).parents[2] / "sql" / "seeds" / "response_category.csv"
TELLS = {  # table -> the days it tells
    "adverse_event": ("onset_date", "end_date"),
    "cart_consent": ("consented_date", "collected_date"),
    "cart_infusion": ("infused_date",),
    "cart_manufacture": ("harvest_date",),
    "cart_order": ("ordered_date",),
    "clinical_progression": ("progressed_date",),
    "contact": ("contact_date",),
    "death": ("death_date",),
    "diagnosis": ("diagnosed_date",),
    "disease_staging": ("assessed_date",),
    "performance_status": ("assessed_date",),
    "drug_administration": ("start_date",),
    "procedure": ("performed_date",),
    "rated_response": ("rated_date",),
    "therapy_line": ("start_date",),
    "vital_sign": ("measured_at",),
    "vasopressor": ("started_at",),
    "ice_score": ("assessed_at",),
    "neuro_finding": ("assessed_at",),
}


@pytest.fixture(scope="module")
def charts() -> list[tuple[Chart, Delivered]]:
    found = []
    for number, row in enumerate(others.plan_others(DEFAULT_SEED), BLOCK + 1):
        chart = render(row, number, "", DEFAULT_SEED)
        found.append((chart, deliver(chart, DEFAULT_SEED)))
    return found


@pytest.fixture(scope="module")
def ehr(home: Path):
    with sqlite3.connect(home / "feeds" / "ehr.sqlite") as connection:
        yield connection


def test_the_lesions_show_the_response_and_progression_that_were_planned(charts) -> None:
    wrong = []
    for chart, delivered in charts:
        if chart.plan["role"] == others.FIRST_LINE:
            rows = {**visible(delivered), "cart_product": []}
            points = time_points(rows["imaging_report"], chart.plan["time_zero_date"], possible_days(therapies(rows)))
            progressed = min((point.date for point in points if point.response == "PD"), default=None)
            best = best_of([point.response for point in points if progressed is None or point.date <= progressed])
            if (best, progressed) != (chart.plan["best_response_code"], chart.plan["pd_date"]):
                wrong.append(chart.number)
    assert not wrong


def test_there_are_first_lines_second_lines_deaths_and_unknown_origins(charts) -> None:
    plans = [chart.plan for chart, _ in charts]
    assert Counter(plan["role"] for plan in plans) == {others.FIRST_LINE: 60, others.RATED: 12}
    first_line = [plan for plan in plans if plan["role"] == others.FIRST_LINE]
    assert min(Counter(plan["coo_code"] for plan in first_line).values()) >= 5
    assert sum(plan["new_therapy_date"] is not None for plan in first_line) >= 10
    assert sum(plan["death_date"] is not None for plan in first_line) >= 8


def test_none_of_them_has_cells(charts) -> None:
    tables = {record.table for chart, _ in charts for record in chart.records}
    assert not {table for table in tables if table.startswith("cart_")}
    measured = {"imaging_report", "pathology", "disease_staging"}
    rated = {record.table for chart, _ in charts if chart.plan["role"] == others.RATED for record in chart.records}
    assert not rated & measured


def test_the_candidates_for_cells_have_the_records_that_they_have_alone(home: Path, ehr, tmp_path: Path) -> None:
    simulate(tmp_path, plan=to_frame(calibrated_block(DEFAULT_SEED)))
    with sqlite3.connect(tmp_path / "feeds" / "ehr.sqlite") as alone:
        for table in EHR_TABLES:
            rows = alone.execute(f"SELECT * FROM {table}").fetchall()
            assert ehr.execute(f"SELECT * FROM {table} LIMIT {len(rows)}").fetchall() == rows, table
    for path in (tmp_path / "feeds").glob("*is/*/*.csv"):
        there = home / path.relative_to(tmp_path)
        assert there.read_text().startswith(path.read_text()), path.name


def test_a_rating_by_lugano_is_of_a_scan_and_every_category_is_one_of_its_criteria(charts) -> None:
    with CATEGORIES.open(encoding="utf-8", newline="") as stream:
        known = {(row["criteria_code"], row["category_code"]) for row in csv.DictReader(stream)}
    for chart, _ in charts:
        scanned = {record.row["performed_at"][:10] for record in chart.records if record.table == "imaging_report"}
        for change in rate(chart, DEFAULT_SEED):
            criteria, category = change.row["criteria_code"], change.row["response_code"]
            assert (criteria, category) in known or category == "nCR"
            assert criteria != "lugano_2014" or change.row["rated_date"] in scanned


def test_candidates_for_cells_and_others_have_ratings(ehr) -> None:
    query = "SELECT criteria_code, count(*), count(DISTINCT mrn) FROM rated_response GROUP BY 1"
    found = {criteria: (ratings, patients) for criteria, ratings, patients in ehr.execute(query)}
    assert found.keys() == {"lugano_2014", "iwcll_2018", "imwg_2016"}
    assert found["lugano_2014"][1] > 90
    assert found["iwcll_2018"][1] == found["imwg_2016"][1] == 6


@pytest.mark.parametrize(("table", "columns"), TELLS.items(), ids=str)
def test_a_row_tells_of_no_day_after_it_was_written(ehr, table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        late = ehr.execute(
            f"SELECT count(*) FROM {table} WHERE length({column}) >= 10 "
            f"AND substr({column}, 1, 10) > substr(updated_at, 1, 10)"
        ).fetchone()
        assert late == (0,), column
