"""Every column of every results table has one meaning, and it is written down."""

from analysis import ard, dictionary


def test_every_results_table_and_column_has_its_meaning() -> None:
    assert set(ard.TABLES) == set(dictionary.TABLES)
    assert {column for columns in ard.TABLES.values() for column in columns} == set(dictionary.COLUMNS)
