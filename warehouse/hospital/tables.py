"""What a hospital says of its own codes, tests, drugs, units and limits: one CSV file a table, beside the standards.

The standards are the seeds of the models (sql/seeds); a file of a hospital has the columns of its seed, and a row of it
stands in place of the standard's row with the same key. `unit.csv` has no seed: UCUM and feeds/units.yaml are its
standard. A night writes the rows to schema `hospital`; the seeds take them over (sql/macros/hospital_rows.sql).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cartwright.warehouse.intake.contracts import SEEDS, load_codes

Row = dict[str, str]


@dataclass(frozen=True)
class HospitalTable:
    """One file: its columns with what they mean (optional ones end in `?`), and what names a row."""

    columns: Mapping[str, str]
    key: tuple[str, ...]
    description: str
    numbers: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [name.rstrip("?") for name in self.columns]

    @property
    def required(self) -> list[str]:
        return [name for name in self.columns if not name.endswith("?")]


_TABLE, _COLUMN = "Feed table (docs/feeds.md).", "Column of the feed table; list.field inside a list."
TABLES: dict[str, HospitalTable] = {
    "code_map": HospitalTable(
        {
            "table_name": _TABLE,
            "column_name": _COLUMN,
            "sent_code": "Code as the hospital sends it.",
            "code": "Code of the column's list; for a flag true or false, for a whole number the number.",
        },
        ("table_name", "column_name", "sent_code"),
        "Codes that the hospital sends, and the standard code that each stands for.",
    ),
    "code_list": HospitalTable(
        {"list_name": "Code list that a contract names.", "code": "Code that the hospital sends beside those listed."},
        ("list_name", "code"),
        "Codes that the standard list does not have and that need no other word.",
    ),
    "lab_test": HospitalTable(
        {
            "local_code": "The laboratory's own code.",
            "lbtestcd": "Test that it stands for: one of the standard, or of quantity.csv.",
            "lbtest?": "Name of the test, where the standard has none.",
        },
        ("local_code",),
        "Test codes of the laboratory, and the test that each stands for.",
    ),
    "lab_loinc": HospitalTable(
        {"loinc": "LOINC code.", "lbtestcd": "Test.", "base_unit": "Kind of the quantity, in base units."},
        ("loinc",),
        "LOINC codes of tests that the standard does not list.",
    ),
    "quantity": HospitalTable(
        {
            "lbtestcd": "Test that the standard does not have.",
            "standard_unit": "Unit (UCUM) in which the warehouse keeps it.",
            "base_unit": "Kind of the quantity, in base units.",
            "factor": "One of the standard unit is this many base units.",
            "molar_mass_g_per_mol?": "Molar mass, where mass and amount of substance convert.",
            "charge_no?": "Charges of an ion.",
            "is_iu_u": "true: international units are written for units of this enzyme.",
        },
        ("lbtestcd",),
        "What further tests measure, and in which unit it is kept.",
        ("factor", "molar_mass_g_per_mol", "charge_no"),
    ),
    "drug_class": HospitalTable(
        {
            "drug_code": "Formulary code.",
            "class_code": "Class of therapy.",
            "is_antineoplastic": "true: a start of the drug is a start of antineoplastic therapy.",
        },
        ("drug_code",),
        "Drugs of the formulary that the standard does not list, or classes otherwise.",
    ),
    "plausible_limit": HospitalTable(
        {
            "table_name": _TABLE,
            "column_name": _COLUMN,
            "test_code?": "Test, population or derived quantity that the limit is for.",
            "unit?": "Unit (UCUM) of the limit.",
            "low": "Smallest plausible value.",
            "high": "Largest plausible value.",
            "allowed_value?": "One value beyond the limit that has a meaning of its own.",
            "action_code": "unknown or use: what becomes of a value beyond it.",
            "reason": "Why nothing plausible lies beyond it.",
        },
        ("table_name", "column_name", "test_code", "action_code"),
        "Limits of what is plausible that differ from the standard.",
        ("low", "high", "allowed_value"),
    ),
    "value_word": HospitalTable(
        {"value_word": "The words, in lower case."},
        ("value_word",),
        "Words of the laboratory that say that nothing was found.",
    ),
    "unit": HospitalTable(
        {"unit_text": "Unit as the hospital writes it.", "ucum": "The same in UCUM."},
        ("unit_text",),
        "Spellings of units that neither UCUM nor the list of habits knows.",
    ),
}


# Those that a seed takes over; units are read by the store itself.
LOADED = {name: table for name, table in TABLES.items() if (SEEDS / f"{name}.csv").exists()}


@cache
def standard(table: str) -> list[Row]:
    """The rows of a seed. Empty for `unit`, whose standard is no table."""
    path = SEEDS / f"{table}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def merged(table: str, own: list[Row]) -> list[Row]:
    """The standard's rows and the hospital's; a row of the hospital replaces the standard's of the same key."""
    key = TABLES[table].key
    taken = {tuple(row[name] for name in key) for row in own}
    return [row for row in standard(table) if tuple(row[name] for name in key) not in taken] + own


def codes_of(list_name: str, own: Mapping[str, list[Row]]) -> set[str]:
    """The codes of a list: those of the standard, the hospital's own, and of the list of drugs those it classes."""
    codes = set(load_codes().get(list_name, ()))
    codes |= {row["code"] for row in own["code_list"] if row["list_name"] == list_name}
    return codes | ({row["drug_code"] for row in own["drug_class"]} if list_name == "drug" else set())


def mapped_codes(table: str, column: str, own: Mapping[str, list[Row]]) -> set[str]:
    """What may be sent in a column (list.field inside a list) because code_map.csv says what it stands for."""
    rows = merged("code_map", own["code_map"])
    return {row["sent_code"] for row in rows if (row["table_name"], row["column_name"]) == (table, column)}
