"""The files of the CDISC export: read back by other programs, valid by the standards' own schemas, and in step."""

from __future__ import annotations

import json
import os
import stat
from datetime import date
from pathlib import Path

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from odmlib.odm_parser import ODMSchemaValidator

from cartwright.warehouse.cdisc.names import short_label, short_name
from cartwright.warehouse.cdisc.standard import LONGEST_LABEL, LONGEST_NAME
from cartwright.warehouse.cdisc.write import files, write_folder
from cartwright.warehouse.export.rows import NotWritable
from tiny_release import FOLLOWED, tiny_release

SCHEMA = json.loads((Path(__file__).parent / "cdisc_schema" / "dataset.schema.json").read_text(encoding="utf-8"))
LAB = {
    "lbseq": 1,
    "lbtestcd": "IL6",
    "lborres": "<5",
    "lborresu": "pg/mL",
    "lbstresc": "<5",
    "lbstresu": "pg/mL",
    "lbdtc": "2022-03-01",
}
ROWS = {
    "lb": [LAB, {**LAB, "lbseq": 2, "lborres": "7.125", "lbstresn": 7.125, "lbstresc": "7.125", "lbdtc": "2022-03"}],
    "ae": [{"aeseq": 1, "aeterm": "crs", "aestdtc": "2022", "aeendtc": "2022-04"}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cdisc")
    database = tiny_release(home / "release.duckdb", **ROWS)
    (home / "manifest.json").write_text(json.dumps({"release_id": "0123456789abcdef"}))
    write_folder(database, home / "out")
    return home / "out"


def test_every_data_set_has_both_forms_beside_its_define_xml(folder) -> None:
    for standard, least in (("sdtm", 18), ("adam", 2)):
        transport = {path.stem for path in (folder / standard).glob("*.xpt")}
        assert transport == {path.stem for path in (folder / standard).glob("*.json")}
        assert len(transport) >= least
        assert (folder / standard / "define.xml").exists()
    assert (folder / "ars.json").exists()


def test_a_transport_file_is_read_back_as_it_was(folder) -> None:
    frame, meta = pyreadstat.read_xport(folder / "sdtm" / "lb.xpt")
    assert meta.table_name == "LB"
    assert meta.file_label == "Laboratory Test Results"
    assert (
        dict(zip(meta.column_names, meta.column_labels, strict=True))["LBTESTCD"]
        == "Lab Test or Examination Short Name"
    )
    columns = ["USUBJID", "LBTESTCD", "LBORRES", "LBSTRESU", "LBDTC"]
    assert frame[columns].to_numpy().tolist() == [
        [FOLLOWED, "INTLK6", "<5", "ng/L", "2022-03-01"],
        [FOLLOWED, "INTLK6", "7.125", "ng/L", "2022-03"],
    ]
    assert frame["LBSTRESN"].isna().tolist() == [True, False]
    assert frame["LBSTRESN"][1] == 7.125
    assert frame["LBDY"].fillna(0).tolist() == [-9, 0]


def test_a_date_of_adam_is_a_date_in_the_transport_file(folder) -> None:
    frame, _ = pyreadstat.read_xport(folder / "adam" / "adtte.xpt")
    assert frame["STARTDT"].tolist() == [date(2022, 3, 10)]
    assert frame["AVAL"].tolist() == [114]
    assert frame["CNSR"].tolist() == [1]


def test_a_flag_of_the_study_is_a_letter_under_a_short_name(folder) -> None:
    frame, meta = pyreadstat.read_xport(folder / "adam" / "adsl.xpt")
    name = next(n for n, label in zip(meta.column_names, meta.column_labels, strict=True) if label == "Antigen lost")
    assert len(name) <= 8
    assert frame[name].tolist() == ["Y", ""]


def test_version_8_has_the_full_names(folder) -> None:
    frame, _ = pyreadstat.read_xport(folder / "adam" / "v8" / "adsl.xpt")
    assert "IS_CD19_LOST_AFTER_INFUSION" in frame.columns


def test_no_name_label_or_text_is_too_long_for_version_5(folder) -> None:
    for path in [*folder.glob("sdtm/*.xpt"), *folder.glob("adam/*.xpt")]:
        _, meta = pyreadstat.read_xport(path)
        assert all(len(name) <= LONGEST_NAME for name in meta.column_names), path
        assert all(0 < len(label) <= LONGEST_LABEL for label in meta.column_labels), path


def test_dataset_json_is_valid_by_the_schema_of_the_standard(folder) -> None:
    validator = Draft202012Validator(SCHEMA)
    for path in [*folder.glob("sdtm/*.json"), *folder.glob("adam/*.json")]:
        content = json.loads(path.read_text(encoding="utf-8"))
        assert [error.message for error in validator.iter_errors(content)] == [], path
        assert content["records"] == len(content["rows"])
        assert all(len(row) == len(content["columns"]) for row in content["rows"])


def test_the_schema_refuses_what_is_no_dataset_json(folder) -> None:
    content = json.loads((folder / "sdtm" / "dm.json").read_text(encoding="utf-8"))
    content["columns"][0]["dataType"] = "char"
    assert not Draft202012Validator(SCHEMA).is_valid(content)


@pytest.mark.parametrize("standard", ["sdtm", "adam"])
def test_define_xml_is_valid_by_its_schema(folder, standard) -> None:
    ODMSchemaValidator(standard="define", version="2.1").validate_file(str(folder / standard / "define.xml"))


def test_the_schema_refuses_what_is_no_define_xml(folder, tmp_path) -> None:
    text = (folder / "sdtm" / "define.xml").read_text(encoding="utf-8")
    (tmp_path / "define.xml").write_text(text.replace(' Repeating="No"', ""))
    with pytest.raises(Exception, match="Repeating"):
        ODMSchemaValidator(standard="define", version="2.1").validate_file(str(tmp_path / "define.xml"))


def test_define_xml_names_every_variable_of_dataset_json(folder) -> None:
    for standard in ("sdtm", "adam"):
        text = (folder / standard / "define.xml").read_text(encoding="utf-8")
        for path in (folder / standard).glob("*.json"):
            content = json.loads(path.read_text(encoding="utf-8"))
            assert f'<ItemGroupDef OID="{content["itemGroupOID"]}"' in text
            for column in content["columns"]:
                assert f'<ItemDef OID="{column["itemOID"]}"' in text


def test_define_xml_says_why_a_variable_is_empty_and_what_is_added_to_a_list(tmp_path) -> None:
    rows = {"lb": [{**LAB, "lbtestcd": "OWN", "lbtest": "A test of ours"}]}
    said = dict(files(tiny_release(tmp_path / "release.duckdb", **rows), "r1"))["sdtm/define.xml"].decode()
    assert "Neither the feeds nor the definition of the hospital name it." in said
    assert '<CodeListItem CodedValue="OWN" def:ExtendedValue="Yes"' in said
    assert "SIMULATED: none of these patients exists" in said


def test_every_reference_of_the_reporting_event_leads_somewhere(folder) -> None:
    event = json.loads((folder / "ars.json").read_text(encoding="utf-8"))
    ids = {kind: {each["id"] for each in event[kind]} for kind in ("analysisSets", "dataSubsets", "methods", "outputs")}
    groups = {group["id"] for grouping in event["analysisGroupings"] for group in grouping.get("groups", [])}
    groupings = {each["id"] for kind in ("analysisGroupings", "dataGroupings") for each in event[kind]}
    operations = {each["id"] for method in event["methods"] for each in method["operations"]}
    (analysis,) = event["analyses"]
    assert analysis["analysisSetId"] in ids["analysisSets"]
    assert analysis["dataSubsetId"] in ids["dataSubsets"]
    assert analysis["methodId"] in ids["methods"]
    assert {each["groupingId"] for each in analysis["orderedGroupings"]} <= groupings
    assert {result["operationId"] for result in analysis["results"]} == operations
    for result in analysis["results"]:
        for group in result["resultGroups"]:
            assert group["groupingId"] in groupings
            assert group.get("groupId") in {*groups, None}
    (item,) = event["mainListOfContents"]["contentsList"]["listItems"]
    assert item["outputId"] in ids["outputs"]
    assert item["sublist"]["listItems"][0]["analysisId"] == analysis["id"]
    for each in event["analysisSets"]:
        assert set(each.get("compoundExpression", {}).get("whereClauses", [])) <= ids["analysisSets"]


def test_a_result_is_told_unrounded_with_its_limits(folder) -> None:
    event = json.loads((folder / "ars.json").read_text(encoding="utf-8"))
    told = {result["operationId"]: float(result["rawValue"]) for result in event["analyses"][0]["results"]}
    assert told == {
        "OP.hr_cox.hr": 0.123456789012345,
        "OP.hr_cox.hr.ci_low": 0.1,
        "OP.hr_cox.hr.ci_high": 0.2,
    }


def test_the_guide_says_that_nobody_exists_and_what_cannot_be_had(folder) -> None:
    page = (folder / "guide.html").read_text(encoding="utf-8")
    assert "SIMULATED. None of these patients exists" in page
    assert "<tr><td>DM.RACE</td><td>Exp</td><td>No feed tells it.</td></tr>" in page
    assert "is_cd19_lost_after_infusion" in page
    assert "http" not in page


def test_equal_releases_give_equal_files(tmp_path) -> None:
    first, second = (dict(files(tiny_release(tmp_path / f"{i}.duckdb", **ROWS), "0123456789abcdef")) for i in range(2))
    assert first == second


def test_a_text_that_no_transport_file_holds_is_not_cut(tmp_path) -> None:
    long = {"aeseq": 1, "aeterm": "x" * 201, "aestdtc": "2022-03-12"}
    written = dict(files(tiny_release(tmp_path / "release.duckdb", ae=[long]), "r1"))
    assert "sdtm/ae.xpt" not in written
    assert "X" * 201 in written["sdtm/ae.json"].decode()
    assert "AE.AETERM: a text has 201 letters" in written["guide.html"].decode()


def test_the_folder_is_open_to_its_owner_alone_and_no_other_is_overwritten(folder) -> None:
    for path in folder.rglob("*"):
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path
    with pytest.raises(NotWritable, match="exists"):
        write_folder(folder.parent / "release.duckdb", folder)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("ady", "ADY"),
        ("ipi_low", "IPI_LOW"),
        ("first_dose_date", "FRSDOSDT"),
        ("is_bulky", "BULKYFL"),
        ("duration_days", "DURATNDY"),
    ],
)
def test_a_long_name_is_shortened_from_its_longest_word(column, name) -> None:
    assert short_name(column, ()) == name


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert short_name("first_dose_date", {"FRSDOSDT"}) == "FRSDO2DT"


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,12}(_[a-z0-9]{1,9}){0,4}", fullmatch=True), unique=True, max_size=30))
def test_names_are_short_and_no_two_alike(columns: list[str]) -> None:
    taken: list[str] = []
    for column in columns:
        taken.append(short_name(column, taken))
    assert len(set(taken)) == len(taken)
    assert all(0 < len(name) <= LONGEST_NAME and name.isidentifier() for name in taken)


@given(st.text(min_size=1, max_size=200))
def test_a_label_fits(text: str) -> None:
    label = short_label(text)
    assert len(label) <= LONGEST_LABEL
    assert label.isascii()
