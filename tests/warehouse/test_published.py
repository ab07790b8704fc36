"""What a release shows of a text: listed words, numbers, units, variants; the class of anything else."""

import re

import pytest

from cartwright.warehouse.hospital import units
from cartwright.warehouse.release.guard import Search
from cartwright.warehouse.release.published import Undeclared, _Lists, keyed, meant, text_columns
from cartwright.warehouse.study.build_file import HOSPITAL
from test_releases import build, house  # noqa: F401  `house` is a fixture

SHOWN = {
    "code": ["btki", "btki+chemotherapy", "CD19+CD22", "CR_over_PD", "2_1", "death: final"],
    "unit": ["mg/L", "10*9/L", "{cells}/uL"],
    "result": ["12", "<0.5", "1,234", "0.05*", "5.0 mg/L (H)", "5 mg/L", "not detected", "2021-03", "＜5", "1.5e3"],
    "variant": ["p.R248Q", "p.(Arg248Gln)", "NM_000546.6:c.743G>A", "c.1079_1080del", "p.Arg213Ter", "p.E285fs*12"],
    "label": ["T1", "N12", "T1A", "NT2"],
    "file": ["2022-01-03/lab_result_20220103.csv", "2022-01-03/ihc_20220103_2.jsonl.gz", "cart_order"],
}
HIDDEN = {
    "code": ["Wang Mei", "M-77", "btki+Wang Mei", "12345678", "death: Wang"],
    "unit": ["Wang Mei", "mg{Wang Mei}", "M-77"],
    "result": ["Wang Mei", "12 Wang Mei", "12 mg{Wang Mei}", "see M-77", "5 of LIS-000001"],
    "variant": ["Wang Mei", "p.R248Q Wang Mei", "p.M77Mei", "c.Mei", "p.Mei", "Wang:c.743G>A", "NM_1(WANG):c.1A>G"],
    "label": ["Wang Mei", "T1 Mei", "M-77", "12345"],
    "file": ["2022-01-03/lab_result_20220103_wang.csv", "2022-01-03/wang_20220103.csv", "2022-01-03/~0a1b2c3d", "M-77"],
}


@pytest.fixture
def lists(house):  # noqa: F811
    with house.in_hospital():
        house.con.execute(
            "INSERT INTO raw.lis_lab_result (unit_text) VALUES ('10*9/L'), ('{cells}/uL'), ('mg{Wang Mei}'), ('mg/L')"
        )
        units.refresh(house.con, {})
    return _Lists(house.con, house.place.folder)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in SHOWN.items() for value in values])
def test_what_is_listed_or_recognised_is_shown(lists, kind, value):
    assert lists.knows(kind, value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in HIDDEN.items() for value in values])
def test_anything_else_is_not(lists, kind, value):
    assert not lists.knows(kind, value)


def test_the_keyed_hash_depends_on_key_and_text_only():
    names = {keyed(key, text) for key in (b"a" * 64, b"b" * 64) for text in ("r1", "r2")}
    assert len(names) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)
    assert keyed(b"a" * 64, "r1") == keyed(b"a" * 64, "r1")


@pytest.fixture
def search(house):  # noqa: F811
    house.con.execute(
        "INSERT INTO hospital_file.raw.ehr_patient (mrn, full_name, birth_date) VALUES "
        "('00123456', 'Mei Ling Wang', '1943-07-19'), "
        "('A123', '王伟', '1950-01-01'), ('77', 'Jo', NULL), ('12345', NULL, NULL)"
    )
    return Search(house.con, house.place.folder)


def test_a_placeholder_taken_long_ago_names_nobody(house):  # noqa: F811
    house.con.execute("INSERT INTO hospital_file.raw.ehr_patient (mrn) VALUES ('unknown'), ('00123456')")
    search = Search(house.con, house.place.folder)
    assert not search.names_somebody("histology unknown")
    assert search.names_somebody("00123456")


def test_a_text_of_a_model_of_the_study_is_a_code_whatever_its_column_is_called(house, tmp_path):  # noqa: F811
    (tmp_path / "sql" / "mart").mkdir(parents=True)
    (tmp_path / "sql" / "mart" / "mine.sql").write_text("select 1")
    house.con.execute("CREATE SCHEMA IF NOT EXISTS mart")
    house.con.execute("CREATE TABLE mart.mine AS SELECT '' AS note, '' AS colour, '' AS record_id, '' AS usubjid")
    name = house.con.execute("SELECT current_database()").fetchone()[0]
    with pytest.raises(Undeclared, match=r"mart\.mine\.colour"):
        text_columns(house.con, ["mart.mine"], name, None)
    kinds = {"note": "code", "colour": "code", "record_id": "key", "usubjid": "subject"}
    assert text_columns(house.con, ["mart.mine"], name, tmp_path) == {"mart.mine": kinds}


NAMING = [
    "00123456",
    "nr 00123456 seen",
    "nr00123456x",
    "x\n00123456",
    "mei ling wang",
    "Report of MEI LING WANG, seen",
    "Wang, Mei Ling",
    "Wang Mei Ling",
    "病人王伟",
    "see A123.",
    "a123",
    "LIS-000001",
    "xLIS-000001x",
    "lis-000001",
    "id=12345",
]
HARMLESS = [
    "9001234567",
    "100123456",
    "A1234",
    "XA123",
    "77",
    "Jo",
    "Mei",
    "12 345 records",
    "12,345 records",
    "0.12345",
    "3.00123456",
    "1943-07-19",
    "Wang",
    "10.3389/fonc.2024.1376490",
]


@pytest.mark.parametrize("text", NAMING)
def test_an_identifier_is_found_wherever_it_stands(search, text):
    assert search.names_somebody(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_one_is_not(search, text):
    assert not search.names_somebody(text)


def test_a_birth_date_in_a_text_from_outside_is_found(search):
    assert search.tells_birth("born 1943-07-19")
    assert search.tells_birth("19430719")
    assert not search.tells_birth("1943-07-20")


def test_a_unit_in_words_is_told_to_whoever_may_read_the_build_file(house):  # noqa: F811
    tag = keyed(b"k" * 32, "per low field")
    house.con.execute(f"INSERT INTO {HOSPITAL}.identity.sent_text VALUES ('per low field', ?, 'k')", [tag])
    house.con.close()
    told = f"unit_text: HB, (words ~{tag})"
    assert meant(house.settings, [told]) == ["unit_text: HB, per low field"]


def test_a_masked_text_is_told_to_whoever_may_read_the_build_file(house):  # noqa: F811
    con = house.con
    con.execute("CREATE TABLE facts.odd AS SELECT 'furlong' AS unit_text")
    build(house)
    (shown,) = con.execute("SELECT published_id FROM identity.published_id WHERE source_text = 'furlong'").fetchone()
    assert re.fullmatch(r"\(text ~[0-9a-f]{16}\)", shown)
    house.con.close()
    told = f"unit_text: HB, {shown}"
    assert meant(house.settings, [told, "plain"]) == ["unit_text: HB, furlong", "plain"]
    house.settings.build_db.rename(house.settings.build_db.with_name("away"))
    assert meant(house.settings, [told]) == [told]
