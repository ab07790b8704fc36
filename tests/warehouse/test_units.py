"""What a unit text means: UCUM by the library, habits by the list, and never a wrong unit."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartwright.warehouse.hospital import units
from cartwright.warehouse.settings import CHECKOUT

MG_PER_L, UMOL_PER_L, CELLS = ("kg.m-3", 1e-3), ("mol.m-3", 1e-3), ("m-3", 1e9)
UNIT_PER_L = ("mol.m-3.s-1", 1e-6 / 60 * 1e3)
MEANT = {
    UMOL_PER_L: [
        "umol/L",
        "umol/l",
        "µmol/L",
        "μmol/L",
        "UMOL/L",
        "ΜMOL/L",
        "uM",
        "micromol/L",
        "umol per L",
        "微摩尔/升",
    ],
    MG_PER_L: [
        "mg/L",
        "毫克/升",
        "mg/l",
        "MG/L",
        "ｍｇ／Ｌ",
        "㎎/L",
        "ug/mL",
        "mcg/ml",
        "mg L-1",
        "mg.L-1",
        "mg/L{annotated}",
    ],
    ("kg.m-3", 10.0): ["g/dL", "g/dl", "gm/dL", "g%", "g/100 mL", "gr/dL"],
    UNIT_PER_L: ["U/L", "u/L", "U/l", "units/L", "Unit/L", "mU/mL"],
    ("[iU].m-3", 1e3): ["IU/L", "[IU]/L", "[iU]/L", "iu/l", "mIU/mL", "IE/l", "UI/L", "IU/升"],
    ("mol.m-3.s-1", 1e-6): ["nkat/L", "nkat/l", "NKAT/L"],
    ("m-3", 1e12): [
        "10*9/L",
        "10^9/L",
        "x10^9/L",
        "×10⁹/L",
        "10E9/L",
        "10e9/l",
        "x10(9)/L",
        "10 9/L",
        "K/uL",
        "k/µl",
        "Tsd/µl",
        "Gpt/l",
        "/nL",
        "10*3/uL",
        "10^3/mm3",
        "thou/mm3",
        "x 10^9 cells / L",
        "1000/uL",
        "E9/L",
        "Giga/L",
        "bil/L",
        "Mrd./l",
        "10⁹/升",
    ],
    CELLS: ["/uL", "/mm3", "cells/uL", "{cells}/uL", "10*6/L", "/cumm", "Zellen/µl", "#/uL", "个/μL"],
    ("eq.m-3", 1.0): ["meq/L", "mEq/L", "MEQ/L", "mval/l"],
    ("1", 0.01): ["%", "％", "percent", "{any}/100"],
    ("1", 1.0): ["1", "{INR}", "{ratio}", "{score}", "{cells}", "{copies}", "{a}/{b}", "/{a}", "({a})", "{a}.{b}"],
    ("s", 1.0): ["s", "sec", "Sek.", "seconds", "Sekunden", "秒"],
    ("kg.m-2", 1e-6): ["mg/m2", "mg/m²", "mg/m^2", "mg/sqm"],
}

PIECES = [
    "10*",
    "10^",
    "9",
    "-3",
    "2",
    "100",
    "/",
    ".",
    "(",
    ")",
    "{a}",
    "{",
    "}",
    "mg",
    "L",
    "U",
    "[iU]",
    "%",
    "eq",
    "mol",
]


@pytest.mark.parametrize(("meaning", "text"), [(meaning, text) for meaning, texts in MEANT.items() for text in texts])
def test_a_unit_has_the_meaning_it_has_in_a_laboratory(meaning: tuple[str, float], text: str) -> None:
    found = [(reading.base_unit, reading.factor) for reading in units.read(text)]
    assert found == [(meaning[0], pytest.approx(meaning[1], rel=1e-12))]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Mg/L", {("kg.m-3", 1e6), ("kg.m-3", 1e-3)}),  # megagram by UCUM, milligram in capitals
        ("Mmol/L", {("mol.m-3", 1e9), ("mol.m-3", 1.0)}),
        ("G/L", {("kg.m-3", 1.0), ("m-3", 1e12)}),  # grams in capitals, or 10^9: the test decides
        ("{percent}", {("1", 1.0), ("1", 0.01)}),  # by UCUM only a word
    ],
)
def test_where_case_decides_every_reading_is_kept(text: str, kinds: set[tuple[str, float]]) -> None:
    found = {(reading.base_unit, float(f"{reading.factor:.9g}")) for reading in units.read(text)}
    assert found == kinds


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "109/L",
            "10.9/L",
            "10-9/L",
            "furlong",
            "tablets",
            "U/I",
            "mil/uL",
            "K",
            "10^10^9/L",
            "mg//L",
            "mg/L+",
            "a/L",
        ),
        *("10*309/L", "10*99999999/L", "10*31/L", "m99999999"),  # powers that no unit has
        *("(" * 50_000, "mg" + " " * 500_000 + "L", "{" * 1000),  # what would take the library, or a pattern, for ever
    ],
    ids=lambda text: text[:20],
)
def test_what_nobody_can_mean_is_no_unit(text: str) -> None:
    assert units.read(text) == ()
    assert not units.is_ucum(text)


@settings(max_examples=300, deadline=2000)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(alphabet="0123456789*^/.{}()[]%+- mgLlUsxXKkµ×⁹", max_size=80),
        st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    )
)
def test_no_text_stops_a_night(text: str) -> None:
    for reading in units.read(text):
        assert math.isfinite(reading.factor)
        assert reading.factor > 0
    units.is_ucum(text)


def test_standard_units_of_the_models_are_what_the_library_says() -> None:
    with (CHECKOUT / "sql" / "seeds" / "quantity.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            (reading,) = units.read(row["standard_unit"])
            assert reading.base_unit == row["base_unit"], row["lbtestcd"]
            assert reading.factor == pytest.approx(float(row["factor"]), rel=1e-12), row["lbtestcd"]


def test_each_text_of_the_feeds_is_read_once(hospital, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    con = hospital.con
    con.execute(
        "INSERT INTO raw.lis_lab_result (value_text, unit_text) VALUES ('5', 'mg/L'), ('95%', NULL), ('7', 'odd'), "
        "('1', '{INR}'), ('9', '10*99999999/L')"
    )
    con.execute("INSERT INTO raw.ehr_drug_administration (dose_unit) VALUES ('mg/m2'), ('mg/L')")
    assert units.refresh(con, {}) == 6
    known = "SELECT unit_text, base_unit FROM ingest.unit_reading ORDER BY 1"
    assert con.execute(known).fetchall() == [
        ("%", "1"),
        ("10*99999999/L", None),
        ("mg/L", "kg.m-3"),
        ("mg/m2", "kg.m-2"),
        ("odd", None),
        ("{INR}", "1"),
    ]
    assert units.refresh(con, {}) == 0
    longer = tmp_path / "units.yaml"
    longer.write_text(units.HABITS.read_text(encoding="utf-8") + "  odd: mg\n", encoding="utf-8")
    monkeypatch.setattr(units, "HABITS", longer)
    units._habits.cache_clear()
    try:
        assert units.refresh(con, {}) == 6, "a new habit reads every text anew"
        assert ("odd", "kg") in con.execute(known).fetchall()
    finally:
        units._habits.cache_clear()
