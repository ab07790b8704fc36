"""A study with an earlier cut than its hospital's horizon is the study that a hospital of that cut would show."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest

from houses import House, one_file
from whole_project import whole_manifest

pytestmark = pytest.mark.slow

HOSPITAL, STUDY = ("staging", "sdtm", "facts", "dated"), ("private", "eligibility", "adam", "mart")
# Where a study on later facts is not that of its own cut.
WINDOWS = "a grade of CRS or ICANS is known once its window has closed, and not before"
COURSES = "the peak and the area of cells and cytokines are those of the whole course"
EVIDENCE = "the way to the records leads to those of after the cut, too"
TOLD_OTHERWISE = {
    **dict.fromkeys(
        ["private.study_fact", "adam.item_occurrence", "adam.adsl", "mart.patients", "eligibility.item"]
        + [f"eligibility.item_{name}" for name in ("candidate", "_pick", "_direct", "_derived", "ungrouped")],
        WINDOWS,
    ),
    **dict.fromkeys(["adam.adck", "adam.adcy"], COURSES),
    **dict.fromkeys(["adam.evidence", "adam.deciding__cd20"], EVIDENCE),
    **dict.fromkeys(
        [f"adam.deciding__{name}" for name in ("assessment", "course", "criterion", "endpoint", "item", "toxicity")],
        EVIDENCE,
    ),
}


@pytest.mark.parametrize("cut", ["2021-06-15", "2022-05-31"])
def test_a_study_on_later_facts_equals_that_of_its_own_cut(house: House, tmp_path: Path, cut: str) -> None:
    with duckdb.connect(str(one_file(house.settings, tmp_path))) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("UPDATE meta.build SET data_cut_date = ?", [cut])
        names = build(con, STUDY)
        con.execute("CREATE SCHEMA later")
        for name in names:
            con.execute(f"CREATE TABLE later.{name.replace('.', '__')} AS FROM {name}")
        build(con, (*HOSPITAL, *STUDY))
        differing = {name for name in names if differs(con, name, f"later.{name.replace('.', '__')}")}
        assert con.execute("SELECT count(*) FROM adam.adtte").fetchone()[0] > 50
    assert differing <= TOLD_OTHERWISE.keys()


def build(con: duckdb.DuckDBPyConnection, schemas: tuple[str, ...]) -> list[str]:
    """Make the models of these schemas anew, in order; their names."""
    done = []
    for name, sql in models(schemas):
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {name.partition('.')[0]}")
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")
        done.append(name)
    return done


def models(schemas: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    nodes = whole_manifest()["nodes"]
    own = {key for key, node in nodes.items() if node["resource_type"] == "model" and node["schema"] in schemas}
    parents = {key: [parent for parent in nodes[key]["depends_on"]["nodes"] if parent in own] for key in own}
    for key in TopologicalSorter(parents).static_order():
        yield f"{nodes[key]['schema']}.{nodes[key]['name']}", nodes[key]["compiled_code"]


def differs(con: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    query = "SELECT count(*) FROM ((FROM {0} EXCEPT ALL FROM {1}) UNION ALL (FROM {1} EXCEPT ALL FROM {0}))"
    return con.execute(query.format(one, other)).fetchone()[0] > 0
