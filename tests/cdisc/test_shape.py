"""What the CDISC data sets say: small tables in, expected rows out, one rule a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartwright.warehouse.cdisc.shape import begin, held_tables, make, shape
from cartwright.warehouse.cdisc.standard import data_sets
from cartwright.warehouse.connect import open_release
from tiny_release import FOLLOWED, SCREENED, tiny_release


def shaped(folder: Path, data_set: str, columns: str, **rows) -> list[tuple]:
    """Rows of a data set that is made of these rows of sdtm."""
    with open_release(tiny_release(folder / "release.duckdb", **rows)) as con:
        begin(con)
        held = held_tables(con)
        for name in dict.fromkeys((*(["ADSL"] if data_set.startswith("ad") else []), data_set.upper())):
            make(con, data_sets()[name], held[data_sets()[name].source])
        return con.execute(f"SELECT {columns} FROM memory.cdisc.{data_set} ORDER BY ALL").fetchall()


def on(day: str | None, **more) -> dict[str, object]:
    return {"lbseq": 1, "lbtestcd": "HGB", "lborres": "9", "lbstresn": 9.0, "lbstresc": "9", "lbdtc": day, **more}


def each_day(folder: Path, column: str, *days: str | None) -> dict[str | None, object]:
    """What `column` of a laboratory result says, by its day."""
    rows = [on(day, lbseq=number) for number, day in enumerate(days, 1)]
    return {days[number - 1]: value for number, value in shaped(folder, "lb", f"lbseq, {column}", lb=rows)}


def test_study_day_has_no_day_0_and_a_day_known_in_part_has_none(tmp_path) -> None:
    due = {"2022-03-09": -1, "2022-03-10": 1, "2022-03-11": 2, "2022-03": None, "2022": None, None: None}
    assert each_day(tmp_path, "lbdy", *due) == due


def test_epoch_ends_with_the_last_day_that_is_treatment_emergent(tmp_path) -> None:
    due = {
        "2022-03-09": "SCREENING",
        "2022-03-10": "TREATMENT",
        "2022-04-09": "TREATMENT",
        "2022-04-10": "FOLLOW-UP",
        "2022-03": None,
        None: None,
    }
    assert each_day(tmp_path, "epoch", *due) == due


def test_whoever_never_starts_is_screened(tmp_path) -> None:
    found = shaped(tmp_path, "lb", "epoch, lbdy, lblobxfl", lb=[on("2022-05-01", usubjid=SCREENED)])
    assert found == [("SCREENING", None, None)]


def test_a_day_belongs_to_the_visit_whose_window_holds_it(tmp_path) -> None:
    due = {"2022-03-25": None, "2022-03-26": "1 DAY 30", "2022-04-23": "1 DAY 30", "2022-04-24": None}
    assert each_day(tmp_path, "visitnum || ' ' || visit", *due) == due


def test_last_observation_is_the_last_result_from_before_the_start(tmp_path) -> None:
    rows = [
        on("2022-03-01", lbseq=1),
        on("2022-03-09", lbseq=2),
        on("2022-03-09", lbseq=3, lborres=None),  # no result
        on("2022-03-10", lbseq=4),  # the day of the start
        on("2022-03-05", lbseq=5, lbtestcd="WBC"),
    ]
    assert shaped(tmp_path, "lb", "lbseq, lblobxfl", lb=rows) == [(1, None), (2, "Y"), (3, None), (4, None), (5, "Y")]


def test_nothing_after_the_data_cut_is_told(tmp_path) -> None:
    assert each_day(tmp_path, "true", "2022-08-31", "2022-09-01", "2022-09", "2022-08") == {
        "2022-08-31": True,
        "2022-08": True,
    }


def test_what_had_not_ended_by_the_cut_has_no_end(tmp_path) -> None:
    event = {"aeterm": "crs", "aestdtc": "2022-03-12"}
    rows = [{**event, "aeseq": 1, "aeendtc": "2022-08-31"}, {**event, "aeseq": 2, "aeendtc": "2022-09-01"}]
    assert shaped(tmp_path, "ae", "aeseq, aeendtc, aeendy", ae=rows) == [(1, "2022-08-31", 175), (2, None, None)]


def test_events_stand_by_ctcae_term_in_capitals(tmp_path) -> None:
    event = {"aeseq": 1, "aeterm": "anaemia", "aetoxgr": 3, "aerel": "cart", "aestdtc": "2022-03-12"}
    assert shaped(tmp_path, "ae", "aeterm, aedecod, aetoxgr, aerel", ae=[event]) == [("ANAEMIA", "Anemia", "3", "CART")]


def test_a_test_has_the_name_of_the_standard(tmp_path) -> None:
    ours = ["FERRITN", "IL6", "HGB", "OWN"]
    rows = [on("2022-03-01", lbseq=i, lbtestcd=code, lbtest="A test of ours") for i, code in enumerate(ours)]
    assert shaped(tmp_path, "lb", "lbseq, lbtestcd, lbtest, lbcat", lb=rows) == [
        (0, "FERRITIN", "Ferritin", "CHEMISTRY"),
        (1, "INTLK6", "Interleukin 6", "CYTOKINES"),
        (2, "HGB", "Hemoglobin", "HEMATOLOGY"),
        (3, "OWN", "A test of ours", "LABORATORY"),
    ]


def test_a_unit_is_the_standards(tmp_path) -> None:
    due = {"10*9/L": "10^9/L", "K/uL": "10^9/L", "pg/mL": "ng/L", "s": "sec", None: None}
    rows = [on("2022-03-01", lbseq=i, lborresu=unit, lbstresu=unit) for i, unit in enumerate(due)]
    found = shaped(tmp_path, "lb", "lbseq, lborresu, lbstresu", lb=rows)
    assert found == [(i, term, term) for i, term in enumerate(due.values())]


def test_a_result_is_judged_by_the_range_of_its_record(tmp_path) -> None:
    due = [
        (9.0, 9.0, 15.0, "NORMAL"),
        (8.9, 9.0, 15.0, "LOW"),
        (15.0, 9.0, 15.0, "NORMAL"),
        (15.1, 9.0, 15.0, "HIGH"),
        (9.0, None, None, None),
        (None, 9.0, 15.0, None),
    ]
    rows = [on("2022-03-01", lbseq=i, lbstresn=v, lbstnrlo=lo, lbstnrhi=hi) for i, (v, lo, hi, _) in enumerate(due)]
    assert shaped(tmp_path, "lb", "lbseq, lbnrind", lb=rows) == [(i, told) for i, (*_, told) in enumerate(due)]


def test_a_temperature_is_in_c_and_yes_and_no_are_letters(tmp_path) -> None:
    rows = [
        {"vsseq": 1, "vstestcd": "TEMP", "vsorres": "38.5", "vsorresu": "Cel", "vsdtc": "2022-03-12"},
        {"vsseq": 2, "vstestcd": "HYPOTENS", "vsorres": "true", "vsdtc": "2022-03-12"},
        {"vsseq": 3, "vstestcd": "OXYDEV", "vsorres": "nasal_cannula", "vsdtc": "2022-03-12"},
    ]
    assert shaped(tmp_path, "vs", "vsseq, vstest, vsstresc, vsstresn, vsstresu", vs=rows) == [
        (1, "Temperature", "38.5", 38.5, "C"),
        (2, "Hypotension", "Y", None, None),
        (3, "Oxygen Device", "NASAL CANNULA", None, None),
    ]


def test_lesions_have_the_site_and_the_scan_of_the_standard(tmp_path) -> None:
    lesion = {"tuseq": 1, "tuorres": "TARGET", "tulnkid": "T1", "tuloc": "axillary", "tudtc": "2022-03-01"}
    found = shaped(tmp_path, "tu", "tutestcd, tuloc, tumethod", tu=[{**lesion, "record_id": "r-scan"}])
    assert found == [("TUMIDENT", "LYMPH NODE, AXILLARY", "PET/CT SCAN")]


def test_demographics_say_who_was_only_screened(tmp_path) -> None:
    columns = "usubjid, subjid, rfstdtc, rfendtc, rfpendtc, age, ageu, sex, arm, armcd, armnrs"
    assert shaped(tmp_path, "dm", columns) == [
        (FOLLOWED, "0A", "2022-03-10", "2022-07-01", "2022-07-01", 61, "YEARS", "F", "Cells", "CELLS", None),
        (SCREENED, "0B", None, None, "2022-02-01", None, None, "M", None, None, "SCREEN FAILURE"),
    ]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2022-08-31", ("2022-08-31", "Y")),
        ("2022-08", ("2022-08", "Y")),
        ("2022-09-01", (None, None)),
        (None, (None, "Y")),
    ],
)
def test_a_death_after_the_cut_is_not_told(tmp_path, day, told) -> None:
    rows = [{"sex": "F", "dthdtc": day, "dthfl": "Y"}, {"usubjid": SCREENED, "sex": "M"}]
    assert shaped(tmp_path, "dm", "dthdtc, dthfl", dm=rows)[0] == told


def test_analysis_data_sets_carry_subject_and_treatment(tmp_path) -> None:
    columns = "studyid, usubjid, subjid, siteid, trtp, trta, trtpn, paramcd, cnsr, srcdom, srcvar"
    assert shaped(tmp_path, "adtte", columns) == [
        ("TINY", FOLLOWED, "0A", "01", "Cells", "Cells", 1, "OS", 1, "SS", "SSDTC")
    ]


def test_the_subject_level_calls_who_was_not_included_a_screen_failure(tmp_path) -> None:
    assert shaped(tmp_path, "adsl", "usubjid, trt01p, arm, trtsdt IS NULL") == [
        (FOLLOWED, "Cells", "Cells", False),
        (SCREENED, "Screen Failure", "Screen Failure", True),
    ]


def test_a_data_set_that_the_study_does_not_list_is_not_made(tmp_path) -> None:
    with open_release(tiny_release(tmp_path / "release.duckdb")) as con:
        made = [each.about.name for each in shape(con)]
    assert "ADTTE" in made
    assert "ADAE" not in made
