"""What statistics, report and notebooks read of a study's file or of a release: rows, and tables as data frames."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import duckdb

from cartwright.warehouse.study.followup import endpoint_dataset

# What every plan reads; its analyses add what they name.
DATASETS = {"adsl": "adam.adsl", "adtte": "adam.adtte", "adrs": "adam.adrs", "checklist": "study.checklist"}


def records(
    con: duckdb.DuckDBPyConnection, table: str, where: str = "true", values: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Rows of a small table as dictionaries."""
    cursor = con.execute(f"SELECT * FROM {table} WHERE {where}", values)
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def tables_named(kind: str, variables: list[Any], options: dict[str, Any]) -> dict[str, str]:
    """The tables that an analysis names besides those that every plan reads."""
    named = {variable["dataset"]: f"adam.{variable['dataset']}" for variable in variables if "dataset" in variable}
    if (dataset := endpoint_dataset(kind)) not in DATASETS:
        named[dataset] = f"adam.{dataset}"
    if kind == "funnel":
        named[options["steps"]] = f"eligibility.{options['steps']}"
    return named


def read_datasets(con: duckdb.DuckDBPyConnection, analyses: list[dict[str, Any]]) -> dict[str, Any]:
    """The tables that the analyses read, as data frames by name."""
    return {name: con.execute(f"SELECT * FROM {table}").df() for name, table in datasets_of(analyses).items()}


def datasets_of(analyses: list[dict[str, Any]]) -> dict[str, str]:
    """The tables that the analyses read, by the names that they know them by."""
    tables = dict(DATASETS)
    for analysis in analyses:
        variables, options = json.loads(analysis["variables"] or "[]"), json.loads(analysis["options"] or "{}")
        tables |= tables_named(analysis["kind"], variables, options)
    return tables


def stored_results(con: duckdb.DuckDBPyConnection, leaving_out: Collection[str]) -> dict[str, Any]:
    """Every table of schema results as a data frame, but those to be left out."""
    names = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'results' ORDER BY table_name"
    ).fetchall()
    return {name: con.execute(f"SELECT * FROM results.{name}").df() for (name,) in names if name not in leaving_out}
