"""Every column of every results table has one meaning, and it is written down."""

from analysis import ard, dictionary
from analysis.audit import verdict


def test_every_results_table_and_column_has_its_meaning() -> None:
    tables = {**ard.TABLES, "claims_audit": verdict.COLUMNS}
    assert set(tables) == set(dictionary.TABLES)
    assert {column for columns in tables.values() for column in columns} == set(dictionary.COLUMNS)
