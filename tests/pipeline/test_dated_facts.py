"""The dated facts of a whole hospital: every fact has rows, and a data cut is told what was known by then, once."""

from __future__ import annotations

import shutil
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest

from cartwright.orchestration.dbt.manifest import hospital_project, manifest_path, read_manifest
from cartwright.simulator import others
from cartwright.simulator.days import iso
from cartwright.simulator.generate import DEFAULT_SEED
from cartwright.simulator.plan import BLOCK
from houses import House

pytestmark = pytest.mark.slow

NEVER_SIMULATED = {
    f"lab_{test}": "the simulated laboratory does not measure it" for test in ("ca", "gluc", "urea", "urate")
}


def test_every_fact_of_the_catalogue_has_rows_or_a_reason(house: House) -> None:
    with duckdb.connect(house.settings.build_db, read_only=True) as con:
        known = {fact for (fact,) in con.execute("SELECT fact FROM standards.fact").fetchall()}
        found = {fact for (fact,) in con.execute("SELECT DISTINCT fact FROM dated.dated_fact").fetchall()}
    assert known - found == NEVER_SIMULATED.keys()


def test_of_one_occurrence_one_row_stands_at_any_cut(house: House) -> None:
    with duckdb.connect(house.settings.build_db, read_only=True) as con:
        twice = con.execute("""
            SELECT fact, count(*)
            FROM dated.dated_fact AS earlier
            INNER JOIN dated.dated_fact AS later USING (usubjid, fact, occurrence)
            WHERE earlier.rowid <> later.rowid
                AND coalesce(earlier.known_date, '0001-01-01') <= coalesce(later.known_date, '0001-01-01')
                AND coalesce(earlier.superseded_date > coalesce(later.known_date, '0001-01-01'), true)
            GROUP BY fact
        """).fetchall()
    assert not twice


KNOWN_LATER = {
    "crs_grade": "known once its window has closed",
    "icans_grade": "known once its window has closed",
    "response": "a time point of two days, or with a doubtful lesion, is known from its last",
}
READ = """
    SELECT * EXCLUDE (occurrence, fact_date, known_date, superseded_date), least(fact_date, $cut) AS fact_date
    FROM dated.dated_fact
    WHERE (known_date IS NULL OR known_date <= $cut) AND (superseded_date IS NULL OR superseded_date > $cut)
"""


@pytest.mark.parametrize("cut", ["2019-07-10", "2021-06-15", "2022-05-31"])
def test_a_study_of_an_earlier_cut_sees_what_a_hospital_of_that_cut_shows(
    house: House, tmp_path: Path, cut: str
) -> None:
    build_db = tmp_path / house.settings.build_db.name
    shutil.copy(house.settings.build_db, build_db)
    models = models_behind_dated_facts(house)
    with duckdb.connect(build_db) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"CREATE TEMP TABLE later AS {READ}", {"cut": cut})
        con.execute("UPDATE meta.build SET data_cut_date = ?", [cut])
        for name, sql in models:
            con.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")
        con.execute(f"CREATE TEMP TABLE earlier AS {READ}", {"cut": cut})
        told_early = con.execute("SELECT DISTINCT fact FROM (FROM later EXCEPT ALL FROM earlier)").fetchall()
        told_late = con.execute("SELECT DISTINCT fact FROM (FROM earlier EXCEPT ALL FROM later)").fetchall()
        assert con.execute("SELECT count(*) FROM earlier").fetchone()[0] > 1000
    assert not told_early
    assert {fact for (fact,) in told_late} <= KNOWN_LATER.keys()


def test_the_last_state_of_an_expansion_is_that_of_its_kinetics(house: House) -> None:
    with duckdb.connect(house.settings.build_db, read_only=True) as con:
        stated, derived = (
            "SELECT usubjid, course_id, detail_code, value_num FROM dated.dated_fact "
            "WHERE fact = 'cart_peak_10e6_per_l' AND superseded_date IS NULL",
            "SELECT usubjid, course_id, lower(target_antigen), peak_10e6_per_l FROM facts.cell_kinetics",
        )
        assert con.execute(f"({stated}) EXCEPT ({derived})").fetchall() == []
        assert con.execute(f"({derived}) EXCEPT ({stated})").fetchall() == []


def models_behind_dated_facts(house: House) -> list[tuple[str, str]]:
    """schema.table and SQL of the models that the dated facts are made of and that know a data cut, in order."""
    nodes = read_manifest(manifest_path(hospital_project(house.settings)))["nodes"]
    parents = {
        key: [parent for parent in node["depends_on"]["nodes"] if parent.startswith("model.")]
        for key, node in nodes.items()
        if node["resource_type"] == "model"
    }
    found, waiting = set(), [key for key in parents if nodes[key]["name"] == "dated_fact"]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += parents[key]
    order = TopologicalSorter({key: [p for p in parents[key] if p in found] for key in found}).static_order()
    return [(f"{nodes[key]['schema']}.{nodes[key]['name']}", nodes[key]["compiled_code"]) for key in order]


FIRST_LINES = """
    WITH response AS (
        SELECT map.enterprise_no, fact.course_id, fact.fact_date, fact.value_txt,
            min(fact.fact_date) FILTER (fact.value_txt = 'PD') OVER (PARTITION BY fact.course_id) AS progressed_date
        FROM dated.dated_fact AS fact
        INNER JOIN (SELECT DISTINCT usubjid, enterprise_no FROM identity.patient_map) AS map USING (usubjid)
        WHERE fact.fact = 'response' AND fact.detail_code = 'imaging'
    )
    SELECT enterprise_no, right(course_id, 10), progressed_date::VARCHAR,
        arg_min(value_txt, list_position(['CR', 'PR', 'SD', 'PD', 'NE'], value_txt))
    FROM response
    WHERE progressed_date IS NULL OR fact_date <= progressed_date
    GROUP BY ALL
"""


def test_the_response_to_first_lines_is_found_as_it_was_planned(house: House) -> None:
    """Patients without cells: best response and progression of the course that begins with their first line."""
    with duckdb.connect(house.settings.build_db, read_only=True) as con:
        found = {(person, start): told for person, start, *told in con.execute(FIRST_LINES).fetchall()}
    wrong = []
    for number, plan in enumerate(others.plan_others(DEFAULT_SEED), BLOCK + 1):
        if plan["role"] == others.FIRST_LINE:
            progressed = plan["pd_date"] and iso(plan["pd_date"])
            told = found.get((f"E{number:07d}", iso(plan["time_zero_date"])))
            wrong += [number] if told != [progressed, plan["best_response_code"]] else []
    assert not wrong
