"""No coded or limited column is forgotten: macros declare what contracts and seeds have, and staging reads it so."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from cartwright.warehouse.intake.contracts import load_codes, load_contracts

SQL = Path(__file__).parents[2] / "sql"
MACROS = (SQL / "macros" / "understood.sql").read_text(encoding="utf-8")
SENT_AS_IT_CAME = {("ehr_drug_administration", "drug_code")}  # an unknown drug is still a drug: antineoplastic_dose
# Text that no list can hold, and what becomes of it.
OPEN_TEXT = {
    "unit_text": "read by warehouse.units; unknown_unit",
    "dose_unit": "read by warehouse.units; dose_unit_unknown",
    "value_text": "read as a number; value_not_numeric",
    "local_code": "lab_test; unknown_lab_test",
    "loinc_code": "compared with lab_loinc; loinc_mismatch",
    "hgvs_text": "shown, decides nothing",
    "specimen_site": "shown, decides nothing",
    "regimen_name": "tells lines apart, decides nothing else",
    "icd10_code": "shown, decides nothing",
    "product_code": "a link to the catalogue; infusion_without_product",
}
LINK = re.compile(r"\w+_(id|no)$|(?:target|new)_lesions\.\w*lesion_code$")


def macro(name: str) -> list[tuple[str, ...]]:
    text = MACROS.split(f"macro {name}() -%}}")[1].split("endmacro")[0]
    return [tuple(re.findall(r"'([\w.]+)'", row)) for row in text.splitlines() if row.startswith("    ")]


def columns():
    """(table, column or list.field, column of the contract)"""
    for table, contract in load_contracts().items():
        for column in contract.columns:
            yield table, column.name, column
            for field in column.fields:
                yield table, f"{column.name}.{field.name}", field


def staging(table: str, column: str) -> str:
    stems = {"target_lesions": "stg_ris__target_lesion", "new_lesions": "stg_ris__new_lesion"}
    stem = stems[column.split(".")[0]] if "." in column else f"stg_{table[:3]}__{table[4:]}"
    return (SQL / "models" / "staging" / f"{stem}.sql").read_text(encoding="utf-8")


def test_every_coded_column_of_the_contracts_is_declared() -> None:
    due = {(table, name, c.codes) for table, name, c in columns() if c.codes and not c.strict}
    assert set(macro("coded_columns")) == due


def test_every_limited_column_of_the_seed_is_declared_and_is_a_column() -> None:
    with (SQL / "seeds" / "plausible_limit.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert set(macro("limited_columns")) == {(r["table_name"], r["column_name"]) for r in rows if not r["test_code"]}
    assert {(r["table_name"], r["column_name"]) for r in rows} <= {(table, name) for table, name, _ in columns()}
    assert all(float(r["low"]) < float(r["high"]) for r in rows)


def test_every_table_of_patients_says_when_it_happened() -> None:
    due = {t for t, c in load_contracts().items() if c.patient and t != "ehr_patient"}
    declared = {(table, column) for table, column in macro("event_columns")}
    assert {table for table, _ in declared} == due
    assert declared <= {(table, name) for table, name, _ in columns()}


@pytest.mark.parametrize(("table", "column", "codes"), macro("coded_columns"))
def test_staging_reads_a_coded_column_through_its_list(table: str, column: str, codes: str) -> None:
    assert codes in load_codes()
    if (table, column) not in SENT_AS_IT_CAME:
        assert f"known_code('{table}', '{column}'" in staging(table, column)


@pytest.mark.parametrize(("table", "column"), macro("limited_columns"))
def test_staging_reads_a_limited_column_through_its_limit(table: str, column: str) -> None:
    assert f"plausible('{table}', '{column}'" in staging(table, column)


def test_every_other_text_is_a_link_or_declared_with_what_becomes_of_it() -> None:
    plain = {n for _, n, c in columns() if c.type == "text" and c.phi == "none" and not c.codes and not LINK.match(n)}
    assert plain == OPEN_TEXT.keys()


def test_drugs_have_a_class() -> None:
    with (SQL / "seeds" / "drug_class.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["drug_code"] for row in csv.DictReader(stream)} == load_codes()["drug"]
