"""The last look before anything leaves the restricted zone: no identifying column, no identifying value."""

from __future__ import annotations

import duckdb

from warehouse.contracts import load_contracts

# Values shorter than this, or made of digits only, may equal an identifier by chance and are not searched for.
_SHORTEST = 6


class IdentifyingContent(Exception):
    """Something that identifies a patient would leave the restricted zone. Names the columns, never the values."""


def forbidden_columns() -> frozenset[str]:
    """Names that no published table may have: whatever a contract marks as identifier or free text, and raw text."""
    marked = {c.name for contract in load_contracts().values() for c in contract.columns if c.phi != "none"}
    return frozenset(marked | {"raw_text", "enterprise_no", "local_patient_no"})


def refuse_identifying(con: duckdb.DuckDBPyConnection, tables: list[str]) -> None:
    """Raise IdentifyingContent if one of `tables` ('schema.table') has a forbidden column or holds an identifier."""
    columns = con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND list_contains(?, schema_name || '.' || table_name) ORDER BY ALL",
        [tables],
    ).fetchall()
    forbidden = forbidden_columns()
    found = [f"{table}.{column}" for table, column, _ in columns if column in forbidden]
    if not found:
        _collect_identifiers(con)
        texts: dict[str, list[str]] = {}
        for table, column, kind in columns:
            if kind == "VARCHAR":
                texts.setdefault(table, []).append(column)
        for table, names in texts.items():
            found += [f"{table}.{name}" for name in _holding_identifiers(con, table, names)]
    if found:
        raise IdentifyingContent(
            f"not released: {', '.join(found)} would carry identifiers or free text out of the restricted zone; "
            "take the column out of the model"
        )


def _collect_identifiers(con: duckdb.DuckDBPyConnection) -> None:
    """`identifier`: every patient number, enterprise number and name of the feeds."""
    sources = [f'SELECT "{c.patient}" AS v FROM raw.{c.table}' for c in load_contracts().values() if c.patient]
    sources += ["SELECT full_name FROM raw.ehr_patient"]
    sources += [f"SELECT {name} FROM raw.ehr_patient_link" for name in ("local_patient_no", "enterprise_no")]
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE identifier AS SELECT DISTINCT v FROM ({" UNION ALL ".join(sources)})
        WHERE length(v) >= {_SHORTEST} AND NOT regexp_full_match(v, '[0-9 ./-]+')""")


def _holding_identifiers(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[str]:
    tests = ", ".join(f'bool_or("{name}" IN (SELECT v FROM identifier))' for name in columns)
    verdicts = con.execute(f"SELECT {tests} FROM {table}").fetchone()
    return [name for name, is_found in zip(columns, verdicts, strict=True) if is_found]
