"""The hospital's folder: what it adds and overrides, how its feeds are named, and every defect of it at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.hospital.check import check_folder
from cartwright.warehouse.hospital.definition import HospitalError, load_hospital, write_hospital
from cartwright.warehouse.hospital.tables import merged, standard
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.settings import CHECKOUT, Settings
from tiny_hospital import Hospital, sound

LAB, CONTACT = "lis_lab_result", "ehr_contact"
LAYOUT = "hospital: mine\ntitle: Mine\nzone: Europe/Berlin\n"


@pytest.fixture
def folder(tmp_path: Path):
    """Writes a hospital folder: hospital.yml and the files given by name."""
    place = tmp_path / "mine"
    place.mkdir()

    def write(layout: str = LAYOUT, **files: str) -> Path:
        (place / "hospital.yml").write_text(layout, encoding="utf-8")
        for name, text in files.items():
            (place / f"{name}.csv").write_text(text, encoding="utf-8")
        return place

    return write


@pytest.fixture
def house(tmp_path: Path, folder):
    """A house of the hospital written so."""
    made = []

    def open_house(layout: str = LAYOUT, **files: str) -> Hospital:
        hospital = Hospital(tmp_path / "home")
        hospital.settings.hospital = folder(layout, **files)
        made.append(hospital)
        return hospital

    yield open_house
    for hospital in made:
        hospital.con.close()


def test_the_demonstration_hospital_is_sound_and_the_default():
    found = check_folder(Settings().hospital)
    file = found.file
    assert found.defects == []
    assert (file.hospital, file.zone) == ("demonstration", "Asia/Shanghai")


def test_a_hospital_is_named_by_its_folder_or_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setenv("CARTWRIGHT_HOSPITAL", str(tmp_path))
    assert Settings().hospital == tmp_path
    monkeypatch.setenv("CARTWRIGHT_HOSPITAL", "demonstration")
    assert Settings().hospital == CHECKOUT / "hospitals" / "demonstration"


def test_no_code_and_no_zone_of_the_hospital_stands_in_program_or_model():
    zone = load_hospital(Settings().hospital).zone
    for part in ("warehouse", "sql/models", "sql/macros", "expectations", "analysis", "orchestration", "studies"):
        for path in (CHECKOUT / part).rglob("*"):
            if path.suffix in {".py", ".sql", ".yml"} and not path.stem.endswith("_tests"):
                assert zone not in path.read_text(encoding="utf-8"), path


def test_a_row_of_the_hospital_stands_in_place_of_the_standards():
    own = [{"drug_code": "rituximab", "class_code": "other", "is_antineoplastic": "true"}]
    rows = merged("drug_class", own)
    assert [row for row in rows if row["drug_code"] == "rituximab"] == own
    assert len(rows) == len(standard("drug_class"))


def test_the_seeds_take_over_what_the_night_wrote(house):
    hospital = house(
        lab_test="local_code,lbtestcd\nLEUKO,WBC\n",
        drug_class="drug_code,class_code,is_antineoplastic\nglofitamab,antibody,true\n",
    )
    write_hospital(hospital.con, load_hospital(hospital.settings.hospital))
    assert hospital.rows("FROM hospital.lab_test") == [("LEUKO", "WBC", "Leukocytes")]
    assert hospital.rows("FROM hospital.code_list") == [("drug", "glofitamab")], "a drug is a code of its list"


_MESSAGES = "SELECT message FROM quality.delivery_ledger"


def test_a_table_of_a_house_made_before_gets_tonights_columns(house):
    hospital = house(drug_class="drug_code,class_code,is_antineoplastic\nglofitamab,antibody,true\n")
    hospital.con.execute("CREATE OR REPLACE TABLE hospital.drug_class (drug_code VARCHAR, is_antilymphoma VARCHAR)")
    write_hospital(hospital.con, load_hospital(hospital.settings.hospital))
    assert hospital.rows("FROM hospital.drug_class") == [("glofitamab", "antibody", "true")]


def test_a_constant_is_no_column_that_the_contract_does_not_know(house):
    never = {"resulted_at": "", "reference_low": "", "accession_no": ""}
    hospital = house(LAYOUT + f"feeds:\n  lis_lab_result:\n    files: 'LAB*'\n    constants: {never}\n")
    day = hospital.settings.feeds / "lis" / "2022-01-03"
    day.mkdir(parents=True)
    record = {name: value for name, value in sound(LAB).items() if name not in never}
    (day / "LAB-1.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    report = hospital.night(LAB)
    assert (report.loaded, report.problems, hospital.rows(_MESSAGES)) == (1, [], [(None,)])


def test_files_and_columns_are_named_as_the_hospital_names_them(house):
    hospital = house(
        LAYOUT + "feeds:\n  lis_lab_result:\n    files: 'LAB*'\n    columns: {result_no: ID, value_text: WERT}\n"
        "    constants: {version_no: '1', result_status: final}\n"
    )
    record = {("ID" if k == "result_no" else "WERT" if k == "value_text" else k): v for k, v in sound(LAB).items()}
    del record["version_no"], record["result_status"]
    day = hospital.settings.feeds / "lis" / "2022-01-03"
    day.mkdir(parents=True)
    names = [
        ("ID" if c.name == "result_no" else "WERT" if c.name == "value_text" else c.name)
        for c in load_contracts()[LAB].columns
        if c.name not in ("version_no", "result_status")
    ]
    line = ",".join(str(record.get(name, "")) for name in names)
    (day / "LAB-1.csv").write_text(f"{','.join(names)}\n{line}\n", encoding="utf-8")
    (day / "LAB-2.jsonl").write_text(json.dumps(record | {"ID": "R2"}) + "\n", encoding="utf-8")
    report = hospital.night(LAB)
    assert (report.loaded, report.rejected) == (2, 0), report.problems
    assert hospital.rows(f"SELECT result_no, value_text, version_no, result_status FROM raw.{LAB} ORDER BY 1") == [
        ("R1", "250", 1, "final"),
        ("R2", "250", 1, "final"),
    ]


def test_a_missing_column_is_named_as_both_name_it(house):
    hospital = house(LAYOUT + "feeds:\n  lis_lab_result:\n    columns: {result_no: ID}\n")
    hospital.deliver(LAB, sound(LAB))
    assert (
        hospital.night(LAB)
        .problems[0]
        .endswith(
            "columns missing: result_no (named ID here); send all columns of lis_lab_result as docs/feeds.md lists "
            "them (a column without values still has its header)"
        )
    )


@pytest.mark.parametrize("nothing", ["", "NULL"])
def test_a_column_that_the_source_never_has_is_an_empty_constant(house, nothing):
    without = {"resulted_at": nothing, "reference_low": nothing, "accession_no": nothing}
    hospital = house(LAYOUT + f"feeds:\n  lis_lab_result:\n    constants: {without}\n")
    hospital.deliver(LAB, {k: v for k, v in sound(LAB).items() if k not in without})
    text = next(hospital.settings.feeds.glob("lis/*/*.csv"))
    names, *rows = [line.split(",") for line in text.read_text(encoding="utf-8").splitlines()]
    kept = [place for place, name in enumerate(names) if name not in without]
    text.write_text("".join(",".join(row[place] for place in kept) + "\n" for row in [names, *rows]), encoding="utf-8")
    assert (hospital.night(LAB).loaded, hospital.reasons()) == (1, [])
    assert hospital.rows("SELECT resulted_at, reference_low, accession_no FROM raw.lis_lab_result") == [(None,) * 3]


@pytest.mark.parametrize(
    ("constant", "words"),
    [
        ("resulted_at: yesterday", ('"yesterday" is no timestamp', "write the hospital's wall clock")),
        ("specimen_code: Serum2", ('"Serum2" is no code of the list specimen', 'did you mean "serum"?')),
        ('result_no: ""', ("result_no must be filled", "write a value")),
        ("reference_low: 3.9", ()),
        ("specimen_code: serum", ()),
    ],
)
def test_a_constant_is_of_the_type_and_the_codes_of_its_column(folder, constant, words):
    text = LAYOUT + "feeds:\n  lis_lab_result:\n    constants: {" + constant.replace("3.9", '"3.9"') + "}\n"
    defects = check_folder(folder(text)).defects
    assert len(defects) == bool(words), defects
    assert all(word in str(defects[0]) for word in words)


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ('lis_lab_result: {decimal_mark: ","}', "the values of lis_lab_result and lis_flow_cytometry are read alike"),
        ('ehr_procedure: {decimal_mark: ","}', "comes from a database"),
        ('lis_ihc: {decimal_mark: ";"}', "decimal_mark"),
    ],
)
def test_a_decimal_mark_is_of_files_and_of_all_values_of_the_laboratory(folder, feeds, words):
    (defect,) = check_folder(folder(LAYOUT + f"feeds:\n  {feeds}\n")).defects
    assert words in str(defect)


def test_units_can_be_read_by_studies_side_by_side():
    """The library builds its registry on first use: two studies that began together broke the night."""
    words = "from concurrent.futures import ThreadPoolExecutor as P\n"
    words += "from cartwright.warehouse.hospital.units import is_ucum\n"
    words += "print(list(P(8).map(is_ucum, ['mg/L', 'g/L', 'U/L', '10*9/L', 'mmol/L', 'umol/L', 'ug/L', 'kg'])))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == str([True] * 8), done.stderr[-500:]


def test_a_table_of_the_ehr_has_the_hospitals_names(house):
    hospital = house(LAYOUT + "feeds:\n  ehr_contact: {name: besuche, constants: {contact_code: visit}}\n")
    hospital.ehr(CONTACT, sound(CONTACT))
    import sqlite3

    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute("ALTER TABLE contact RENAME TO besuche")
        db.execute("ALTER TABLE besuche DROP COLUMN contact_code")
    assert hospital.night(CONTACT).loaded == 1
    assert hospital.rows("SELECT contact_code FROM raw.ehr_contact") == [("visit",)]


def test_days_and_times_are_of_the_hospitals_zone(house):
    hospital = house()
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    assert hospital.rows("SELECT delivered_at::VARCHAR FROM raw.lis_lab_result") == [("2022-01-03 22:00:00+00",)]


def test_a_status_in_the_hospitals_word_is_taken_for_the_standards(house):
    hospital = house(code_map="table_name,column_name,sent_code,code\nlis_lab_result,result_status,F,final\n")
    hospital.deliver(LAB, sound(LAB, result_status="F"), sound(LAB, result_no="R2", result_status="?"))
    report = hospital.night(LAB)
    assert (report.loaded, report.rejected) == (1, 1)
    assert hospital.rows("SELECT result_status FROM raw.lis_lab_result") == [("final",)]


def test_a_code_of_a_list_is_kept_as_it_was_sent(house):
    hospital = house(code_map="table_name,column_name,sent_code,code\nlis_lab_result,specimen_code,EDTA,blood\n")
    hospital.deliver(LAB, sound(LAB, specimen_code="EDTA"))
    hospital.night(LAB)
    assert hospital.rows("SELECT specimen_code FROM raw.lis_lab_result") == [("EDTA",)]


QUANTITY = "lbtestcd,standard_unit,base_unit,factor,molar_mass_g_per_mol,charge_no,is_iu_u"
DEFECTS = [
    (
        "layout",
        LAYOUT.replace("Berlin", "Berln"),
        'hospital.yml:3: zone: "Europe/Berln" is no IANA time zone; did you mean "Europe/Berlin"?',
    ),
    (
        "layout",
        LAYOUT + "feeds:\n  lis_lab_resul: {}\n",
        'hospital.yml:5: feeds.lis_lab_resul: "lis_lab_resul" is no feed table; did you mean "lis_lab_result"?',
    ),
    (
        "layout",
        LAYOUT + "feeds:\n  lis_lab_result: {columns: {resultno: ID}}\n",
        'hospital.yml:5: feeds.lis_lab_result.columns.resultno: "resultno" is no column of lis_lab_result; '
        'did you mean "result_no"?',
    ),
    (
        "layout",
        LAYOUT + "feeds:\n  lis_lab_result: {columns: {result_no: A, value_text: A}}\n",
        '"A" is result_no already',
    ),
    ("layout", LAYOUT + "feeds:\n  lis_lab_result: {constants: {result_status: fnal}}\n", 'did you mean "final"?'),
    ("layout", LAYOUT + "zones: x\n", 'hospital.yml:4: zones: "zones" is no key here; did you mean "zone"?'),
    ("layout", LAYOUT + "feeds:\n  ehr_contact: {files: 'a*'}\n", "ehr_contact comes from a database table"),
    (
        "code_map",
        "table_name,column_name,sent_code,code\nehr_patient,sex_code,1,Male\n",
        'code_map.csv:2: code: "Male" is no code of the list sex; one of F, M, U',
    ),
    ("code_map", "table_name,column_name,sent_code,code\nehr_patients,sex_code,1,M\n", 'did you mean "ehr_patient"?'),
    ("code_map", "table_name,column_name,sent_code,code\nehr_patient,sex,1,M\n", 'did you mean "sex_code"?'),
    (
        "code_map",
        "table_name,column_name,sent_code,code\nehr_patient,sex_code,1,M\nehr_patient,sex_code,1,F\n",
        "code_map.csv:3: table_name, column_name, sent_code: said on line 2 already",
    ),
    ("code_map", "table_name,column_name,sent_code,code\nlis_lab_result,local_code,a,WBC\n", "lab_test.csv"),
    ("code_map", "table_name,column_name,sent_code,code\nehr_disease_staging,is_cns_involved,J,yes\n", "true or false"),
    ("code_map", "table_name,column_name,sent,code\n", 'code_map.csv:1: sent: "sent" is no column of this file'),
    ("code_list", "list_name,code\nrow_status,gone\n", "the warehouse itself reads row_status"),
    (
        "lab_test",
        "local_code,lbtestcd\nLEUKO,WBCS\n",
        'lab_test.csv:2: lbtestcd: "WBCS" is no test; did you mean "WBC"?',
    ),
    ("lab_test", "local_code,lbtestcd\nLEUKO,WBC,3\n", "lab_test.csv:2: 3 fields below a header of 2"),
    ("lab_test", "local_code,lbtestcd\n,WBC\n", "lab_test.csv:2: local_code: no value"),
    ("lab_loinc", "loinc,lbtestcd,base_unit\n6690-3,WBC,m-3\n", "check digit"),
    ("quantity", "lbtestcd,standard_unit,base_unit,factor,is_iu_u\nB2M,mgL,kg.m-3,0.001,false\n", "no unit of UCUM"),
    ("quantity", "lbtestcd,standard_unit,base_unit,factor,is_iu_u\nB2M,mg/L,kg.m-3,0_001 x,false\n", "is no number"),
    ("quantity", "lbtestcd,standard_unit,base_unit,factor,is_iu_u\nB2M,mg/L,kg.m-3,nan,false\n", "is no number"),
    (
        "plausible_limit",
        "table_name,column_name,low,high,action_code,reason\nehr_vital_sign,spo2_percent,0,inf,use,x\n",
        "is no number",
    ),
    ("unit", "unit_text,ucum,ucum\nMio,10*6/uL,10*6/L\n", "unit.csv:1: ucum: the column is there twice"),
    ("unit", "unit_text;ucum\nMio;10*6/uL\n", "unit.csv:1: the columns are separated by semicolons"),
    ("unit", "unit_text,ucum\nMio,10*99999999/uL\n", "no unit of UCUM"),
    ("quantity", f"{QUANTITY}\nB2M,mg/L,kg.m-3,0.001,-11800,,false\n", "nothing weighs zero or less"),
    ("quantity", f"{QUANTITY}\nB2M,mg/L,kg.m-3,0.001,0,,false\n", "nothing weighs zero or less"),
    ("quantity", f"{QUANTITY}\nB2M,mg/L,kg.m-3,0.001,,1.5,false\n", '"1.5" is no number of charges'),
    ("quantity", f"{QUANTITY}\nB2M,mg/L,kg.m-3,0.001,,0,false\n", '"0" is no number of charges'),
    ("quantity", f"{QUANTITY}\nB2M,mg/L,kg.m-3,1_0,,,false\n", '"1_0" is no number'),
    ("drug_class", "drug_code,class_code,is_antineoplastic\nx,antibdy,true\n", 'did you mean "antibody"?'),
    (
        "plausible_limit",
        "table_name,column_name,low,high,action_code,reason\nehr_vital_sign,spo2_percent,100,0,use,x\n",
        "100 is not below 0",
    ),
    ("value_word", "value_word\nND\n", "write it in lower case"),
    ("unit", "unit_text,ucum\nMio,furlong\n", "no unit of UCUM"),
    (
        "lab_tests",
        "local_code,lbtestcd\n",
        'lab_tests.csv: "lab_tests.csv" is no file of a hospital; did you mean "lab_test.csv"?',
    ),
]


@pytest.mark.parametrize(("file", "text", "words"), DEFECTS)
def test_a_defect_is_named_with_its_place_and_remedy(folder, file, text, words):
    place = folder(text) if file == "layout" else folder(**{file: text})
    defects = check_folder(place).defects
    assert len(defects) == 1, defects
    assert words in str(defects[0])


def test_all_defects_come_at_once_and_stop_the_load(folder):
    place = folder(
        LAYOUT.replace("Berlin", "Berln"), unit="unit_text,ucum\nMio,furlong\n", value_word="value_word\nND\n"
    )
    with pytest.raises(HospitalError) as error:
        load_hospital(place)
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "hospital.yml",
        "value_word.csv",
        "unit.csv",
    ]
    checked = CliRunner().invoke(app, ["hospital", "check", str(place)])
    assert checked.exit_code == 1
    assert "3 defects" in checked.output


def test_a_folder_that_is_not_there_is_a_defect(tmp_path):
    checked = CliRunner().invoke(app, ["hospital", "check", str(tmp_path / "nowhere")])
    assert checked.exit_code == 1
    assert "hospital.yml: there is no such file" in checked.output


@pytest.mark.parametrize("name", ["mine", "2024", "null", "yes", "a: b", "{x}", "#1", 'Klinik "Süd"'])
def test_a_new_folder_is_sound_whatever_its_name_and_nothing_is_written_over(tmp_path, name):
    place = str(tmp_path / name)
    assert CliRunner().invoke(app, ["hospital", "new", place]).exit_code == 0
    assert CliRunner().invoke(app, ["hospital", "check", place]).exit_code == 0
    assert CliRunner().invoke(app, ["hospital", "new", place]).exit_code == 1


def test_the_examples_of_a_new_folder_are_sound_rows(tmp_path):
    from cartwright.warehouse.hospital.example import write_example

    write_example(tmp_path / "mine")
    for path in (tmp_path / "mine").glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text(f"{lines[0]}\n{lines[2].removeprefix('# ')}\n", encoding="utf-8")
    (tmp_path / "mine" / "lab_test.csv").write_text("local_code,lbtestcd,lbtest\nLEUKO,WBC,\n", encoding="utf-8")
    assert check_folder(tmp_path / "mine").defects == []
