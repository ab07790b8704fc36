"""Every finding that a model can make stands in the catalogue, with its kind, its place and its remedy."""

from __future__ import annotations

import re

import pytest

from cartwright.warehouse.intake.contracts import Column, load_contracts
from cartwright.warehouse.study.followup import OF_EVERY_STUDY, OF_RESPONSES
from sql_rules import Rules

pytestmark = pytest.mark.slow


def made(rules: Rules) -> set[str]:
    """The codes in the compiled SQL: the first literal of every branch of a topic."""
    topics = (sql for name, sql in rules.models.items() if name.startswith("finding__"))
    found = {code for sql in topics for code in re.findall(r"\bselect\s+(?:distinct\s+)?'([a-z0-9_]+)'", sql)}
    return found - load_contracts().keys()


def test_the_catalogue_knows_every_finding_and_no_other(rules: Rules) -> None:
    catalogue = rules.con.execute("SELECT finding_code FROM standards.finding_kind").fetchall()
    assert made(rules) == {code for (code,) in catalogue}


def test_the_catalogue_names_columns_of_the_contracts(rules: Rules) -> None:
    """A finding of any table has no place in the catalogue: its detail or its topic brings it."""
    named = rules.con.execute("FROM standards.finding_kind SELECT table_name, column_name WHERE table_name IS NOT NULL")
    columns = {(table, column.name) for table, contract in load_contracts().items() for column in contract.columns}
    assert set(named.fetchall()) <= columns


def test_what_a_finding_can_touch_is_declared_for_every_feed_table(rules: Rules) -> None:
    """Facts and columns exist, and a data set that a table goes into is built from it, by dbt's own graph."""
    facts = {fact for (fact,) in rules.con.execute("SELECT fact FROM standards.fact").fetchall()}
    facts |= OF_EVERY_STUDY.keys() | OF_RESPONSES.keys()
    contracts = load_contracts()
    columns = {(t, name) for t, c in contracts.items() for column in c.columns for name in _names(column)}
    for table, column, fact in rules.con.execute(
        "SELECT table_name, column_name, fact FROM standards.fact_evidence"
    ).fetchall():
        assert fact in facts
        assert table in contracts if column is None else (table, column) in columns
    declared = rules.con.execute("SELECT table_name, dataset FROM standards.feed_dataset").fetchall()
    assert {table for table, _ in declared} == contracts.keys()
    wrong = [(table, dataset) for table, dataset in declared if f"raw.{table}" not in behind(rules, dataset)]
    assert wrong == [("ehr_patient_link", "adam.adsl")]  # by way of the identity map, which no model builds


def _names(column: Column) -> list[str]:
    return [column.name, *(f"{column.name}.{field.name}" for field in column.fields)]


def behind(rules: Rules, dataset: str) -> set[str]:
    """Everything that a data set is built from, near and far."""
    found, waiting = set(), [dataset.split(".")[1]]
    while waiting:
        for name in rules.inputs.get(waiting.pop(), []):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
