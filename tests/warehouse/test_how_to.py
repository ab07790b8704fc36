"""The how-tos of docs/hospitals.md do what they say: each block of the page is put into a folder, and read."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml

from cartwright.warehouse.hospital import units
from cartwright.warehouse.hospital.check import check_folder
from cartwright.warehouse.hospital.definition import load_hospital, write_hospital
from cartwright.warehouse.intake import contracts
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.source_maps import FhirFile, RedcapFile
from cartwright.warehouse.settings import CHECKOUT
from tiny_hospital import Hospital, sound

PAGE = (CHECKOUT / "docs" / "hospitals.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:csv|yaml) (\S+)\n(.*?)```", PAGE, re.DOTALL)
MAPS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
LAYOUT = "hospital: mine\ntitle: Mine\nzone: UTC\n"
LAB, CONTACT = "lis_lab_result", "ehr_contact"


def block(file: str, word: str) -> str:
    """The block of the page for a file, that holds a word."""
    (found,) = [text for name, text in BLOCKS if name == file and word in text]
    return found


@pytest.fixture
def house(hospital: Hospital, tmp_path: Path):
    """A tiny hospital whose folder holds one block of the page."""

    def of(file: str, word: str) -> Hospital:
        place = tmp_path / "mine"
        place.mkdir()
        text = block(file, word)
        (place / "hospital.yml").write_text(LAYOUT + (text if file == "hospital.yml" else ""), encoding="utf-8")
        if file != "hospital.yml":
            (place / file).write_text(text, encoding="utf-8")
        assert check_folder(place).defects == []
        hospital.settings.hospital = place
        write_hospital(hospital.con, load_hospital(place))
        return hospital

    return of


def test_map_a_code(house):
    hospital = house("code_map.csv", "nCR")
    due = [("ehr_rated_response", "response_code", "nCR", "CR")]
    assert hospital.rows("SELECT table_name, column_name, sent_code, code FROM hospital.code_map") == due


def test_add_a_laboratory_code(house):
    assert house("lab_test.csv", "LEUKO").rows("FROM hospital.lab_test") == [("LEUKO", "WBC", "Leukocytes")]


def test_add_a_test_that_the_standard_lacks(hospital: Hospital, tmp_path: Path):
    (tmp_path / "hospital.yml").write_text(LAYOUT, encoding="utf-8")
    for file, word in (("quantity.csv", "B2M"), ("lab_test.csv", "B2MG")):
        (tmp_path / file).write_text(block(file, word), encoding="utf-8")
    write_hospital(hospital.con, load_hospital(tmp_path))
    assert hospital.rows("FROM hospital.lab_test") == [("B2MG", "B2M", "Beta-2 microglobulin")]
    assert hospital.rows("SELECT lbtestcd, standard_unit FROM hospital.quantity") == [("B2M", "mg/L")]


def test_add_a_unit(house):
    hospital = house("unit.csv", "Mikroliter")
    hospital.deliver(LAB, sound(LAB, unit_text="Mio/Mikroliter"))
    hospital.night(LAB)
    units.refresh(hospital.con, load_hospital(hospital.settings.hospital).unit_spellings())
    found = hospital.rows("SELECT base_unit, factor FROM ingest.unit_reading WHERE unit_text = 'Mio/Mikroliter'")
    assert found == [("m-3", pytest.approx(1e15))]


def test_decimal_commas(house):
    hospital = house("hospital.yml", "decimal_mark")
    limits = {"reference_low": "1.250,5", "reference_high": "3,9"}
    hospital.deliver(LAB, sound(LAB, **limits), sound(LAB, result_no="R2", reference_low="1.250", reference_high="3.9"))
    assert hospital.night(LAB).loaded == 2
    found = hospital.rows("SELECT reference_low, reference_high FROM raw.lis_lab_result ORDER BY result_no")
    assert found == [(1250.5, 3.9), (1250.0, 3.9)]


def test_add_a_drug(house):
    hospital = house("drug_class.csv", "glofitamab")
    assert hospital.rows("FROM hospital.drug_class") == [("glofitamab", "antibody", "true")]
    assert ("drug", "glofitamab") in hospital.rows("FROM hospital.code_list")


def test_name_a_column_of_a_feed(house):
    hospital = house("hospital.yml", "RESULT")
    names = {"result_no": "ID", "value_text": "RESULT"}
    fixed = ("version_no", "result_status", "loinc_code")
    sent = [c.name for c in load_contracts()[LAB].columns if c.name not in fixed]
    record = sound(LAB)
    day = hospital.settings.feeds / "lis" / "2022-01-03"
    day.mkdir(parents=True)
    lines = [",".join(names.get(n, n) for n in sent), ",".join(str(record.get(n, "")) for n in sent)]
    (day / "LAB_monday.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert hospital.night(LAB).loaded == 1
    found = hospital.rows("SELECT result_no, version_no, value_text, loinc_code FROM raw.lis_lab_result")
    assert found == [("R1", 1, "250", None)], "an empty constant says nothing"


def test_name_a_table_of_the_ehr(house):
    hospital = house("hospital.yml", "visits")
    hospital.ehr(CONTACT, sound(CONTACT))
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute("ALTER TABLE contact RENAME TO visits")
        db.execute("ALTER TABLE visits RENAME COLUMN contact_date TO seen_on")
    assert hospital.night(CONTACT).loaded == 1
    assert hospital.rows("SELECT contact_date::VARCHAR FROM raw.ehr_contact") == [("2022-01-01",)]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A tiny hospital of a program with one more block: a column at the end of its contract, or a contract."""
    made = []

    def of(file: str) -> Hospital:
        feeds = shutil.copytree(contracts.FEEDS_DIR, tmp_path / "feeds")
        with (feeds / Path(file).name).open("a", encoding="utf-8") as contract:
            contract.write(block(file, ""))
        monkeypatch.setattr(contracts, "FEEDS_DIR", feeds)
        contracts.load_contracts.cache_clear()
        made.append(Hospital(tmp_path / "home"))
        return made[0]

    yield of
    for hospital in made:
        hospital.con.close()
    monkeypatch.undo()
    contracts.load_contracts.cache_clear()


def test_add_a_column_that_no_contract_has(program):
    hospital = program("warehouse/intake/feeds/lis_lab_result.yml")
    hospital.deliver(LAB, sound(LAB, method_text="assay"))
    hospital.deliver(LAB, sound(LAB, result_no="R2"), day="2022-01-04", drop="method_text")
    assert hospital.night(LAB).loaded == 2
    found = hospital.rows("SELECT result_no, method_text FROM raw.lis_lab_result ORDER BY 1")
    assert found == [("R1", "assay"), ("R2", None)]


def test_add_a_table_that_no_contract_has(program):
    table = "lis_virology"
    hospital = program(f"warehouse/intake/feeds/{table}.yml")
    record = {"virology_no": "V1", "version_no": 1, "result_status": "final", "lis_patient_no": "LIS-000001",
              "collected_at": "2022-01-02 08:00", "is_detected": True}  # fmt: skip
    hospital.deliver(table, record, {**record, "virology_no": "V2", "is_detected": "perhaps"})
    assert hospital.night(table).loaded == 1
    assert hospital.rows(f"SELECT virology_no, is_detected FROM raw.{table}") == [("V1", True)]
    assert hospital.reasons() == [("is_detected", "wrong_type")]


def test_every_block_with_a_file_is_one_of_the_how_tos():
    assert len(BLOCKS) == 11


@pytest.mark.parametrize("text", MAPS, ids=range(len(MAPS)))
def test_a_map_of_the_page_is_a_map_of_columns_that_there_are(text: str) -> None:
    """What the page shortens (`...`) is left out."""
    shown = yaml.safe_load(re.sub(r"(?m)^ *\.\.\.$|, \.\.\.(?=})", "", text).replace("columns: ...", "columns: {}"))
    whole = shown if isinstance(shown, dict) else {"maps": shown}
    shape = RedcapFile if "instrument" in whole["maps"][0] else FhirFile
    file = shape.model_validate(whole if shape is FhirFile else {"dictionary": "data_dictionary.csv", **whole})
    for each in file.maps:
        columns = {column.name: column for column in load_contracts()[each.table].columns}
        assert {*each.columns, *each.constants, *each.lists} <= columns.keys()
        for name, held in each.lists.items():
            assert held.columns.keys() <= {field.name for field in columns[name].fields}


def test_there_are_maps_of_both_standards() -> None:
    assert len(MAPS) == 4
