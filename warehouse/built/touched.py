"""Which subjects new records and links touch: of each record and link its subject before and after.

A record is new when it came with a delivery that the tables were not built from. All versions of it count, as a
correction may name another patient. A number that is linked otherwise than before touches both persons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb

from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.one_row import one_value

_LINKS = "ehr_patient_link"  # whose rows name the system beside the number


def deliveries() -> str:
    """SQL: the records of each delivery, by table."""
    return " UNION ALL ".join(
        f"SELECT '{table}', delivery_id, count(*) FROM raw.{table} GROUP BY delivery_id" for table in load_contracts()
    )


def were_changed(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a delivery that the tables were built from has not the records that it had."""
    query = f"SELECT count(*) FROM (FROM built.delivery EXCEPT ({deliveries()}))"
    return one_value(con.execute(query)) > 0


def has_news(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether records came that the tables were not built from, whoever they belong to."""
    return one_value(con.execute(f"SELECT count(*) FROM (FROM ({deliveries()}) EXCEPT FROM built.delivery)")) > 0


def touched_subjects(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The subjects whose records or links are not those that the tables were built from. con: the hospital's file.

    Whom a number led to before is among them only where it now leads to somebody else, which the links tell.
    """
    numbers = " UNION ALL ".join(_numbers_of_new_records())
    found = con.execute(f"""
        WITH number AS MATERIALIZED (SELECT DISTINCT system_code, local_patient_no FROM ({numbers})),
        link AS (SELECT system_code, local_patient_no, usubjid FROM identity.patient_map)
        SELECT usubjid FROM link SEMI JOIN number USING (system_code, local_patient_no)
        UNION SELECT usubjid FROM (FROM link EXCEPT FROM built.link)
        UNION SELECT usubjid FROM (FROM built.link EXCEPT FROM link)""").fetchall()
    return {subject for (subject,) in found}


def _numbers_of_new_records() -> Iterator[str]:
    for contract in _of_patients():
        table, key = f"raw.{contract.table}", contract.key[0]
        new = f"""
            SELECT "{key}" FROM {table}
            ANTI JOIN (FROM built.delivery WHERE table_name = '{contract.table}') USING (delivery_id)"""
        yield f"""
            SELECT {_system(contract)} AS system_code, "{_number(contract)}" AS local_patient_no FROM {table} AS r
            WHERE "{key}" IN ({new})"""


def bring_records(con: duckdb.DuckDBPyConnection, into: str, subjects: Collection[str], is_first: bool) -> None:
    """Copy the records of `subjects`, all versions of each, to tables of the same names in the database `into`.

    is_first: also those that nobody's number leads to; the tables are made.
    """
    if is_first:
        con.execute(f"CREATE SCHEMA {into}.raw")
        con.execute(f"CREATE TABLE {into}.main.number (system_code VARCHAR, local_patient_no VARCHAR)")
    con.execute(f"DELETE FROM {into}.main.number")
    con.execute(
        f"INSERT INTO {into}.main.number SELECT system_code, local_patient_no FROM identity.patient_map "
        "WHERE list_contains($1, usubjid)",
        [list(subjects)],
    )
    for contract in _of_patients():
        raw, there, key = f"raw.{contract.table}", f"{into}.raw.{contract.table}", contract.key[0]
        if is_first:
            con.execute(f"CREATE TABLE {there} AS FROM {raw} LIMIT 0")
        keys = _keys(contract, f"SEMI JOIN {into}.main.number")
        if is_first:
            keys += f" UNION ALL {_keys(contract, 'ANTI JOIN identity.patient_map')}"
        con.execute(f"""
            INSERT INTO {there} SELECT * FROM {raw}
            WHERE "{key}" IN ({keys}) AND record_id NOT IN (SELECT record_id FROM {there})""")


def _keys(contract: Contract, join: str) -> str:
    return f"""
        SELECT r."{contract.key[0]}" FROM raw.{contract.table} AS r {join} AS m
        ON m.system_code = {_system(contract)} AND m.local_patient_no = r."{_number(contract)}" """


def _of_patients() -> Iterator[Contract]:
    return (c for c in load_contracts().values() if c.patient or c.table == _LINKS)


def is_of_patients(table: str) -> bool:
    """Whether the records of a feed table belong to persons."""
    return any(contract.table == table for contract in _of_patients())


def _system(contract: Contract) -> str:
    return "r.system_code" if contract.table == _LINKS else f"'{contract.feed}'"


def _number(contract: Contract) -> str:
    return "local_patient_no" if contract.table == _LINKS else str(contract.patient)
