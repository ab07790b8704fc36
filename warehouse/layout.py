"""The raw tables of a living house follow the contracts: what a contract gained is added, nothing held is touched.

A record from before has no value in the new column: it is unknown, and its content hash stays what it was.
"""

from __future__ import annotations

import duckdb

from warehouse.contracts import Column, Contract

# What the build file held when it was that of the hospital and of one study at once.
_OF_A_STUDY = ("study", "eligibility", "adam", "mart", "results")
_TABLES_OF_A_STUDY = ("quality.finding_count", "quality.touched_output")


class LayoutError(RuntimeError):
    """The build file holds a table that cannot be brought to the contract without guessing what its records say."""


def lay_out(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[str]:
    """Create the raw table of `contract`, or add what it lacks. Returns the names of what was added to held records.

    Raises LayoutError for a new column that is not optional: the records held do not have it.
    """
    con.execute(contract.raw_ddl())
    held = con.table(f"raw.{contract.table}")
    types = dict(zip(held.columns, held.types, strict=True))
    added = []
    for column in contract.columns:
        if column.name not in types:
            _insist_on_optional(contract, column, column.name)
            con.execute(f"ALTER TABLE raw.{contract.table} ADD COLUMN {column.name} {column.sql_type}")
            added.append(column.name)
        elif column.fields:
            added += _add_fields(con, contract, column, types[column.name])
    return added


def _add_fields(con: duckdb.DuckDBPyConnection, contract: Contract, column: Column, held: object) -> list[str]:
    """Fields that the elements of a list column lack. A cast between structs goes by name and fills with NULL."""
    fields = dict(held.child.children)
    new = [field for field in column.fields if field.name not in fields]
    for field in new:
        _insist_on_optional(contract, field, f"{column.name}.{field.name}")
    if new:
        # A field that the contract no longer knows keeps its values.
        kept = [f"{name} {kind}" for name, kind in fields.items() if name not in {f.name for f in column.fields}]
        wanted = ", ".join([*(f"{f.name} {f.sql_type}" for f in column.fields), *kept])
        con.execute(f"ALTER TABLE raw.{contract.table} ALTER COLUMN {column.name} SET DATA TYPE STRUCT({wanted})[]")
    return [f"{column.name}.{field.name}" for field in new]


def _insist_on_optional(contract: Contract, column: Column, label: str) -> None:
    if not column.optional:
        raise LayoutError(
            f"the build file has no column {label} in raw.{contract.table}, and the records it holds came without it: "
            f"mark the column `optional: true` in warehouse/feeds/{contract.table}.yml"
        )


def drop_study_side(con: duckdb.DuckDBPyConnection) -> None:
    """Take the tables of a study out of a build file from before studies had files of their own: every night makes
    them anew from what stays."""
    found = con.execute(
        "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() "
        "AND list_contains(?, schema_name)",
        [list(_OF_A_STUDY)],
    ).fetchall()
    for (schema,) in found:
        con.execute(f"DROP SCHEMA {schema} CASCADE")
    if found:
        for table in _TABLES_OF_A_STUDY:
            con.execute(f"DROP TABLE IF EXISTS {table}")
