"""What the data sets lack of the standard is found, and told without a value."""

from __future__ import annotations

import duckdb
import pytest

from cartwright.warehouse.cdisc import check
from cartwright.warehouse.cdisc.shape import shape
from cartwright.warehouse.cdisc.standard import code_lists, data_sets, variables
from cartwright.warehouse.connect import open_release
from tiny_release import tiny_release

LAB = {"lbseq": 1, "lbtestcd": "HGB", "lborres": "9", "lbdtc": "2022-03-01", "lborresu": "g/L"}


def found(folder, **rows) -> list[tuple[str, str]]:
    with open_release(tiny_release(folder / "release.duckdb", **rows)) as con:
        return [(finding.kind, str(finding)) for finding in check.findings(con, shape(con))]


def test_nothing_is_found_where_everything_is_as_the_standard_has_it(tmp_path) -> None:
    assert found(tmp_path, lb=[LAB]) == []


def test_a_required_variable_that_is_empty_is_found(tmp_path) -> None:
    rows = [{"exseq": 1, "extrt": None, "exdose": 1.0, "exstdtc": "2022-03-10"}]
    assert found(tmp_path, ex=rows) == [("required_variable", "EX.EXTRT: is empty in 1 row")]


@pytest.mark.parametrize(("name", "kind"), [("lbtest", "required_variable"), ("lborresu", "expected_variable")])
def test_a_variable_of_the_standard_that_is_missing_is_found(tmp_path, name, kind) -> None:
    with open_release(tiny_release(tmp_path / "release.duckdb")) as con:
        shape(con)
        con.execute(f"ALTER TABLE memory.cdisc.lb DROP COLUMN {name}")
        kept = tuple(v for v in variables("LB") if v.column != name)
        shaped = [check.Shaped(data_sets()["LB"], kept)]
        told = [(finding.kind, str(finding)) for finding in check.findings(con, shaped)]
    assert told == [(kind, f"LB.{name.upper()}: is missing")]


def test_a_term_out_of_its_list_is_found_and_not_told_at_night(tmp_path) -> None:
    told = found(tmp_path, lb=[{**LAB, "lborresu": "drops"}, {**LAB, "lbseq": 2, "lborresu": "drops"}])
    assert told == [("term_in_list", "LB.LBORRESU: a term that is not in list UNIT, in 2 rows")]


def test_a_name_or_label_that_does_not_fit_is_found(tmp_path) -> None:
    with open_release(tiny_release(tmp_path / "release.duckdb")) as con:
        shape(con)
        wrong = [
            check.Variable("NINELETTR", "A label", "text", "Perm", "Derived", column="sex"),
            check.Variable("OTHER", "L" * 41, "text", "Perm", "Derived", column="sex"),
            check.Variable("EIGHTLTR", "L" * 40, "text", "Perm", "Derived", column="sex"),
        ]
        shaped = [check.Shaped(data_sets()["DM"], (*variables("DM"), *wrong))]
        told = [str(finding) for finding in check.findings(con, shaped)]
    assert told == ["DM.NINELETTR: the name does not fit", "DM.OTHER: the label does not fit"]


def test_the_night_stores_one_check_a_kind_and_leaves_the_file_as_it_was(tmp_path) -> None:
    rows = [{**LAB, "lborresu": "drops"}]
    with duckdb.connect(str(tiny_release(tmp_path / "release.duckdb", lb=rows))) as con:
        before = con.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        told = {each.check_id: each for each in check.verdicts(con)}
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == before
    assert {name: each.outcome for name, each in told.items()} == {
        "cdisc.required_variable": "passed",
        "cdisc.expected_variable": "passed",
        "cdisc.term_in_list": "failed",
        "cdisc.fits_transport": "passed",
    }
    assert told["cdisc.term_in_list"].failing_keys == ["LB.LBORRESU"]
    assert "drops" not in str(told).lower()
    assert {each.severity for each in told.values()} == {"convention"}


def test_a_study_whose_data_sets_cannot_be_made_is_told_so(tmp_path) -> None:
    with duckdb.connect(str(tiny_release(tmp_path / "release.duckdb"))) as con:
        con.execute("DROP TABLE facts.death")
        assert {each.outcome for each in check.verdicts(con)} == {"error"}
        assert next(each.message for each in check.verdicts(con)) == "could not be made: CatalogException"


def test_the_lists_that_people_keep_agree_with_each_other() -> None:
    for name in data_sets():
        held = variables(name)
        assert held, name
        assert len({v.name for v in held}) == len(held), name
        for variable in held:
            assert len(variable.name) <= 8
            assert 0 < len(variable.label) <= 40
            assert variable.type in ("text", "integer", "float", "datetime", "date")
            assert variable.core in ("Req", "Exp", "Perm", "Cond")
            assert not variable.codelist or variable.codelist in code_lists()
    for code_list in code_lists().values():
        assert len({term.code for term in code_list.terms}) == len(code_list.terms), code_list.name
        if code_list.name.endswith("TESTCD"):
            assert all(len(term.term) <= 8 and len(term.decode) <= 40 for term in code_list.terms), code_list.name


def test_every_code_of_the_contracts_has_a_term() -> None:
    """A code that a hospital may send must not wait for a finding to be given its term."""
    import csv

    from cartwright.warehouse.settings import CHECKOUT

    ours = {"lesion_site": "LOC", "specimen": "SPECTYPE", "ae_term": "AETERM", "neuro_finding": "NVTESTCD"}
    ours |= {"flow_population": "CPTESTCD", "ihc_marker": "MITESTCD", "modality": "METHOD"}
    with (CHECKOUT / "sql" / "seeds" / "code_list.csv").open(encoding="utf-8", newline="") as stream:
        codes = [(row["list_name"], row["code"]) for row in csv.DictReader(stream)]
    for name, code_list in ours.items():
        known = {term.code for term in code_lists()[code_list].terms}
        assert {code for listed, code in codes if listed == name} <= known, name
