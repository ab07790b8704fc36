"""The staging models and the feed contracts name the same keys and columns: no feed column is lost on the way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from cartwright.warehouse.intake.contracts import load_contracts

SQL = Path(__file__).parents[2] / "sql"
# What staging leaves behind on purpose: the state of a row version, which last_version has already judged.
JUDGED = {"row_status", "updated_at"}
MACHINE = JUDGED | {"result_status", "report_status", "resulted_at", "reported_at"}


def model_text(table: str) -> str:
    return (SQL / "models" / "staging" / f"stg_{table[:3]}__{table[4:]}.sql").read_text(encoding="utf-8")


def record_kinds() -> dict[str, dict]:
    """The list of the macro, read as the literal it is but for the macro that it joins in."""
    macro = (SQL / "macros" / "record_kind.sql").read_text(encoding="utf-8")
    kinds = re.search(r"set kinds = (\{.*?\n\}) -%\}", macro, re.DOTALL).group(1)
    return ast.literal_eval(re.sub(r"' ~ trimmed\('(\w+)'\) ~ '", r"trim(\1)", kinds))


def test_record_keys_are_those_of_the_contracts() -> None:
    keys = {table: kind["key"] for table, kind in record_kinds().items()}
    assert keys == {name: contract.key[0] for name, contract in load_contracts().items()}


@pytest.mark.parametrize("table", sorted(load_contracts()))
def test_every_table_is_counted_as_its_kind_says(table: str) -> None:
    """A staging model of events that merged them, or one of things that did not, would count what is not there."""
    macro = {"event": "counted_row", "thing": "counted_thing", "person": "counted_row", "register": "current_row"}
    kind = record_kinds()[table]["kind"]
    assert f"{macro[kind]}('{table}'" in model_text(table)
    assert (kind == "thing") == ("identity" in record_kinds()[table])


@pytest.mark.parametrize("table", sorted(load_contracts()))
def test_staging_keeps_every_column_that_identifies_nobody(table: str) -> None:
    contract = load_contracts()[table]
    text = model_text(table)
    kept = {c.name for c in contract.columns if c.phi == "none" and c.type != "list"} - JUDGED
    assert {name for name in kept if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize("table", sorted(load_contracts()))
def test_staging_drops_identifiers_and_free_text(table: str) -> None:
    contract = load_contracts()[table]
    selected = model_text(table).split("from ")[0]
    private = {c.name for c in contract.columns if c.phi != "none"} - {"birth_date"}
    assert {name for name in private if re.search(rf"\b{name}\b", selected)} == set()


@pytest.mark.parametrize("table", sorted(table for table, kind in record_kinds().items() if kind["kind"] != "register"))
def test_content_leaves_out_only_what_names_or_versions_a_record(table: str) -> None:
    """Two records of equal content look alike: a forgotten column would make different records one or a finding."""
    contract = load_contracts()[table]
    machine = {*contract.key, *contract.version, *MACHINE}
    assert set(record_kinds()[table]["content"]) == {c.name for c in contract.columns if c.phi == "none"} - machine
