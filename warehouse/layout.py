"""The build file of a living house follows the program: what it holds is brought to tonight's layout, nothing is lost.

The layout of every raw table is recorded beside it (`ingest.layout`). Where it is no longer the contract's, the file is
brought there by what follows from the difference: a column that a contract gained is added, and unknown in the records
held; one that it lost stays in them and is read no more; one of another type is converted. The content hashes are
computed anew, so that a delivery of what is held is still an exact duplicate. Every step is written down
(`ingest.layout_step`), and the night that finds it says what was done.
"""

from __future__ import annotations

import json

import duckdb

from cartwright.warehouse.counted import counted
from cartwright.warehouse.intake.contracts import LINEAGE_COLUMNS, Column, Contract
from cartwright.warehouse.intake.validate import content_hash_sql
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.store_tables import DDL, quoted

# What the build file held when it was that of the hospital and of one study at once.
_OF_A_STUDY = ("study", "eligibility", "adam", "mart", "results")
_TABLES_OF_A_STUDY = ("quality.finding_count", "quality.touched_output")


class LayoutError(RuntimeError):
    """The build file holds a table that cannot be brought to the contract without guessing what its records say."""


def lay_out(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[str]:
    """Create the raw table of `contract`, or bring it to the contract. Returns what was done to records held.

    Raises LayoutError for a new column that is not optional, and for values that the new type of a column cannot hold.
    """
    con.execute(contract.raw_ddl())
    wanted = _described(contract)
    recorded = con.execute("SELECT columns FROM ingest.layout WHERE table_name = ?", [contract.table]).fetchone()
    if recorded == (wanted,):
        return []
    rows = one_value(con.execute(f"SELECT count(*) FROM raw.{contract.table}"))
    done = _follow(con, contract, rows)
    con.execute("INSERT OR REPLACE INTO ingest.layout VALUES (?, ?)", [contract.table, wanted])
    if not rows or not done:
        return []
    steps = [[contract.table, what] for what in done]
    con.executemany("INSERT INTO ingest.layout_step VALUES (now(), ?, ?, false)", steps)
    return done


def lay_out_store(con: duckdb.DuckDBPyConnection) -> None:
    """Columns that the store's own tables gained since the file was made; they are empty in the rows held."""
    for table, columns in DDL.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE wanted ({columns})")
        held = con.table(table).columns
        wanted = con.table("temp.wanted")
        for name, kind in zip(wanted.columns, wanted.types, strict=True):
            if name not in held:
                con.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
    con.execute("DROP TABLE IF EXISTS temp.wanted")


def told(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What was done to the layout and not told yet, as sentences; told from now on."""
    query = "SELECT table_name, what FROM ingest.layout_step WHERE NOT is_told ORDER BY done_at, table_name, what"
    steps = con.execute(query).fetchall()
    con.execute("UPDATE ingest.layout_step SET is_told = true WHERE NOT is_told")
    return [f"raw.{table}: {what}" for table, what in steps]


def _described(contract: Contract) -> str:
    """What of the contract decides layout and content hash."""

    def described(column: Column) -> list:
        return [column.name, column.type, column.optional, [described(field) for field in column.fields]]

    return json.dumps([described(column) for column in contract.columns])


def _follow(con: duckdb.DuckDBPyConnection, contract: Contract, rows: int) -> list[str]:
    held = con.table(f"raw.{contract.table}")
    types = dict(zip(held.columns, held.types, strict=True))
    added, changed = [], []
    for column in contract.columns:
        if column.name not in types:
            _insist_on_optional(contract, column, column.name, rows)
            con.execute(f"ALTER TABLE raw.{contract.table} ADD COLUMN {column.name} {column.sql_type}")
            added.append(column.name)
        elif column.fields:
            added += _add_fields(con, contract, column, types[column.name], rows)
        elif str(types[column.name]) != column.sql_type:
            _convert(con, contract, column)
            changed.append(f"{column.name} to {column.type}")
    lost = [name for name in held.columns if name not in {*LINEAGE_COLUMNS, *(c.name for c in contract.columns)}]
    hashed = _compute_hashes(con, contract) if rows else 0
    if lost and contract.source.kind == "table":
        _name_rejected_anew(con, contract, lost)
    done = [f"gained {', '.join(added)}, unknown in the {counted(rows, 'record')} held"] if added else []
    done += (
        [f"{', '.join(lost)} kept in the {counted(rows, 'record')} held and read no more"] if lost and hashed else []
    )
    done += [f"converted {', '.join(changed)} in the {counted(rows, 'record')} held"] if changed else []
    return done + ([f"content hashes of {counted(hashed, 'record')} computed anew"] if hashed else [])


def _add_fields(
    con: duckdb.DuckDBPyConnection, contract: Contract, column: Column, held: duckdb.sqltypes.DuckDBPyType, rows: int
) -> list[str]:
    """Fields that the elements of a list column lack. A cast between structs goes by name and fills with NULL."""
    fields = dict(held.child.children)
    new = [field for field in column.fields if field.name not in fields]
    for field in new:
        _insist_on_optional(contract, field, f"{column.name}.{field.name}", rows)
    if new:
        # A field that the contract no longer knows keeps its values.
        kept = [f"{name} {kind}" for name, kind in fields.items() if name not in {f.name for f in column.fields}]
        wanted = ", ".join([*(f"{f.name} {f.sql_type}" for f in column.fields), *kept])
        con.execute(f"ALTER TABLE raw.{contract.table} ALTER COLUMN {column.name} SET DATA TYPE STRUCT({wanted})[]")
    return [f"{column.name}.{field.name}" for field in new]


def _convert(con: duckdb.DuckDBPyConnection, contract: Contract, column: Column) -> None:
    table, name, kind = f"raw.{contract.table}", column.name, column.sql_type
    query = f'SELECT count(*) FROM {table} WHERE "{name}" IS NOT NULL AND TRY_CAST("{name}" AS {kind}) IS NULL'
    if unfit := one_value(con.execute(query)):
        raise LayoutError(
            f"{unfit} records of {table} hold a {name} that is no {column.type}: give the new kind of value a column "
            f"of its own in warehouse/intake/feeds/{contract.table}.yml, and leave {name} as it was"
        )
    con.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" SET DATA TYPE {kind}')


def _compute_hashes(con: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Content hashes by the contract as it is. A raw row holds the typed values that the intake hashed."""
    table, values = f"raw.{contract.table}", ", ".join(f'"{c.name}" AS "v_{c.name}"' for c in contract.columns)
    answer = con.execute(f"""
        UPDATE {table} SET content_hash = anew.content_hash
        FROM (SELECT row, {content_hash_sql(contract)} AS content_hash
              FROM (SELECT rowid AS row, {values} FROM {table})) AS anew
        WHERE {contract.table}.rowid = anew.row AND {contract.table}.content_hash <> anew.content_hash""")
    return one_value(answer)


def _name_rejected_anew(con: duckdb.DuckDBPyConnection, contract: Contract, lost: list[str]) -> None:
    """A rejected row of a database is known by its text; without the lost columns it must still be the same row."""
    text = f"CAST(json_merge_patch(raw_text, {quoted(json.dumps(dict.fromkeys(lost)))}) AS VARCHAR)"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE renamed AS
        SELECT DISTINCT record_id, left(md5(concat_ws('|', version_hash, md5({text}))), 16) AS new_id
        FROM quarantine.rejected_record
        WHERE table_name = {quoted(contract.table)} AND json_valid(raw_text)""")
    for table in ("quarantine.rejected_record", "quality.rejected_record"):
        con.execute(f"""
            UPDATE {table} SET record_id = new_id FROM renamed
            WHERE table_name = {quoted(contract.table)} AND rejected_record.record_id = renamed.record_id""")
    con.execute("DROP TABLE temp.renamed")


def _insist_on_optional(contract: Contract, column: Column, label: str, rows: int) -> None:
    if not column.optional and rows:
        raise LayoutError(
            f"the build file has no column {label} in raw.{contract.table}, and the records it holds came without it: "
            f"mark the column `optional: true` in warehouse/intake/feeds/{contract.table}.yml"
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
