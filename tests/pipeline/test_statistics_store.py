"""Every column of every results table has one meaning, and it is written down."""

import duckdb

from cartwright.analysis.audit import verdict
from cartwright.analysis.plan import ard
from cartwright.analysis.report import dictionary
from cartwright.warehouse.release.reading import read_datasets


def test_every_results_table_and_column_has_its_meaning() -> None:
    tables = {**ard.TABLES, "claims_audit": verdict.COLUMNS}
    assert set(tables) == set(dictionary.TABLES)
    assert {column for columns in tables.values() for column in columns} == set(dictionary.COLUMNS)


def test_a_study_needs_only_the_tables_that_its_plan_names() -> None:
    """A flow of its own, another dataset, intervals: read where an analysis names them, asked of no other study."""
    always = ("adam.adsl", "adam.adtte", "adam.adrs", "study.checklist")
    named = {"own_flow": "eligibility.own_flow", "adlb": "adam.adlb", "adic": "adam.adic"}
    analyses = [
        {"kind": "funnel", "variables": None, "options": '{"steps": "own_flow"}'},
        {"kind": "describe", "variables": '[{"dataset": "adlb", "column": "aval"}]', "options": None},
        {"kind": "interval", "variables": "[]", "options": "{}"},
    ]
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA adam; CREATE SCHEMA study; CREATE SCHEMA eligibility")
        for table in always:
            con.execute(f"CREATE TABLE {table} (usubjid VARCHAR)")
        assert set(read_datasets(con, [])) == {"adsl", "adtte", "adrs", "checklist"}
        for table in named.values():
            con.execute(f"CREATE TABLE {table} (usubjid VARCHAR)")
        assert set(read_datasets(con, analyses)) == {"adsl", "adtte", "adrs", "checklist", *named}
