"""Everything that is told leads to the raw records that decided it, and only to those."""

from collections.abc import Iterator

import duckdb
import pytest
from typer.testing import CliRunner

from benchmarks.trace import SHOWS_OTHERS, cells, item_shares, lost_records, unresolved
from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.release.cell import Cell, counted
from cartwright.warehouse.release.trace import behind, of_item, opened
from houses import House

pytestmark = pytest.mark.slow


@pytest.fixture
def con(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(house.place.current_db.resolve(), house.settings.build_db) as con:
        yield con


def test_every_analysis_that_uses_patients_names_them(con: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT analysis_id FROM results.analysis WHERE NOT list_contains(?, kind) "
        "AND analysis_id NOT IN (SELECT analysis_id FROM results.analysis_member)"
    )
    assert con.execute(query, [list(SHOWS_OTHERS)]).fetchall() == []


def test_every_row_and_every_cell_leads_somewhere(con: duckdb.DuckDBPyConnection) -> None:
    assert lost_records(con) == 0
    for table, (resolved, total) in item_shares(con).items():
        assert resolved == total > 0, table
    assert [cell for cell in cells(con) if unresolved(con, *cell)] == []


def area(lesion: dict[str, str]) -> float:
    return float(lesion["ldi_mm"]) * float(lesion["sdi_mm"])


def test_every_progression_leads_to_the_scan_that_dated_it_and_to_what_grew(con: duckdb.DuckDBPyConnection) -> None:
    progressed = con.execute(
        "SELECT usubjid, adt FROM adam.adtte WHERE paramcd = 'PFS' AND evntcd = 'imaging_pd' ORDER BY ALL"
    ).fetchall()
    assert len(progressed) > 20
    grown = 0
    for usubjid, day in progressed:
        found = of_item(con, "adam.adtte", usubjid, "PFS")[1].located()
        event = [each for each in found if each.role.startswith("event")]
        days = {each.values["performed_at"][:10] for each in event if each.part is None}
        assert str(day) in days, usubjid
        assert all(each.source for each in event)
        by_role = {(each.role.removeprefix("event: "), each.part): each.values for each in event}
        for (role, lesion), now in by_role.items():
            if role == "lesion grown":
                grown, nadir = grown + 1, by_role["nadir", lesion]
                assert area(now) >= 1.5 * area(nadir), (usubjid, lesion)
    assert grown


def test_who_had_an_event_is_led_to_its_record_and_who_had_none_to_a_word(con: duckdb.DuckDBPyConnection) -> None:
    asked = con.execute("""
        SELECT analysis_id, variable, list(DISTINCT usubjid) FILTER (WHERE has_level) AS had
        FROM results.analysis_member JOIN results.analysis USING (analysis_id)
        WHERE kind = 'incidence' AND is_used AND variable <> 'screened' GROUP BY ALL HAVING had IS NOT NULL ORDER BY ALL
        """).fetchall()
    assert {name for name, *_ in asked} >= {"events", "laboratory_30", "laboratory_90"}
    for analysis, variable, had in asked:
        found = behind(con, analysis, had, variable).evidence()
        assert {each.usubjid for each in found if each.record_id} == set(had), (analysis, variable)
        assert not [each for each in found if each.note], (analysis, variable)


def test_a_record_that_decides_no_endpoint_is_not_shown(con: duckdb.DuckDBPyConnection) -> None:
    """A death rests on its record (or fatal event) and the start, on nothing else."""
    (usubjid,) = con.execute(
        "SELECT min(usubjid) FROM adam.adtte WHERE paramcd = 'OS' AND cnsr = 0 AND adtf IS NULL AND group_code = 'cd20'"
    ).fetchone()
    roles = {each.role.split(":")[0] for each in of_item(con, "adam.adtte", usubjid, "OS")[1].evidence()}
    assert roles == {"start", "event"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["os_by_group", "--group", "cd22"], "no group level cd22; it has cd20, noncart"),
        (["os_by_group", "--variable", "age"], "no variable age"),
        (["cohort", "--variable", "cd19_failure_type_code", "--level", "M"], "it has refractory, relapsed"),
        (["cd20_flow", "--variable", "screened", "--level", "excluded"], "no variable level excluded of screened"),
        (["models.table2"], "choose one of"),
        (["adam.adtte"], "name a patient"),
        (["adam.adtte", "CW-0"], "no row of this patient"),
        (["adam.adtte", "CW-0", "--group", "cd20"], "belong to an analysis"),
        (["adam.nothing", "CW-0"], "no table adam.nothing"),
    ],
)
def test_what_cannot_be_traced_is_refused_in_words(house: House, words: list[str], says: str) -> None:
    result = CliRunner().invoke(app, ["trace", *words])
    assert result.exit_code == 1
    assert says in result.output


def test_a_level_is_asked_of_all_variables_that_have_it(con: duckdb.DuckDBPyConnection) -> None:
    left = (
        "SELECT count(DISTINCT usubjid) FROM results.analysis_member WHERE analysis_id = 'cd20_flow' AND variable_level"
    )
    (excluded,) = con.execute(f"{left} = 'excluded' AND has_level").fetchone()
    assert counted(con, Cell("cd20_flow", level="excluded"))[0] == excluded > 0


def test_a_level_that_nobody_of_the_group_has_is_an_empty_cell(con: duckdb.DuckDBPyConnection) -> None:
    one_sided = con.execute("""
        SELECT analysis_id, variable, variable_level, min(group_level), max(group_level) FROM results.analysis_member
        WHERE variable_level IS NOT NULL AND group_level IS NOT NULL AND has_level GROUP BY ALL
        HAVING count(DISTINCT group_level) = 1 ORDER BY ALL""").fetchall()
    analysis, variable, level, group, _ = next(row for row in one_sided if row[3] in ("cd20", "noncart"))
    other = {"cd20": "noncart", "noncart": "cd20"}[group]
    assert counted(con, Cell(analysis, other, variable, level)) == (0, 0, 0)


def test_a_cell_is_traced_to_files_and_lines(house: House) -> None:
    words = ["table1", "--group", "cd20", "--variable", "is_bulky", "--level", "true"]
    listed = CliRunner().invoke(app, ["trace", *words])
    assert listed.exit_code == 0, listed.output
    assert "patients used, 0 left out" in listed.output
    rows = CliRunner().invoke(app, ["trace", *words, "--records", "--csv"]).output.splitlines()
    assert len(rows) > 1
    assert all("raw.ris_imaging_report" in row and ", line " in row for row in rows[1:])
