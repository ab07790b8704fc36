"""Every finding that a model can make stands in the catalogue, with its kind, its place and its remedy."""

from __future__ import annotations

import re

import pytest
from sql_rules import Rules

pytestmark = pytest.mark.slow
# Of any table; their detail names it.
PLACES = {"unlinked_record", "duplicate_content", "look_alike", "names_merged_number", "contact_in_the_future"}


def made(rules: Rules) -> set[str]:
    """The codes in the compiled SQL: the first literal of every branch of a topic."""
    topics = (sql for name, sql in rules.models.items() if name.startswith("finding__"))
    return {code for sql in topics for code in re.findall(r"\bselect\s+(?:distinct\s+)?'([a-z0-9_]+)'", sql)}


def test_the_catalogue_knows_every_finding_and_no_other(rules: Rules) -> None:
    catalogue = rules.con.execute("SELECT finding_code FROM standards.finding_kind").fetchall()
    assert made(rules) == {code for (code,) in catalogue}


def test_the_catalogue_names_columns_of_the_contracts(rules: Rules) -> None:
    from warehouse.contracts import load_contracts

    named = rules.con.execute("SELECT finding_code, table_name, column_name FROM standards.finding_kind").fetchall()
    columns = {(table, column.name) for table, contract in load_contracts().items() for column in contract.columns}
    wrong = {code for code, table, column in named if (table, column) not in columns}
    assert wrong == PLACES
