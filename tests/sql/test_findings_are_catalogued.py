"""Every finding that a model can make stands in the catalogue, with its kind, its place and its remedy."""

from __future__ import annotations

import re

import pytest
from sql_rules import Rules

from warehouse.contracts import load_contracts

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
