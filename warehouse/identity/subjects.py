"""Who is who: local patient numbers of three systems, linked to pseudonymous subjects by a keyed hash.

The key lives in a file outside the repository and never enters SQL, logs or a release. Whoever holds the key and the
enterprise numbers can re-identify; nobody else can, not even by hashing all numbers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from cartwright.warehouse.identity.key import establish, read_key
from cartwright.warehouse.intake.contracts import Column, load_contracts
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.release.published import keyed
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.transaction import transaction

# The links that count: of every link the state that the index showed last as of T, unless withdrawn or deleted.
_LINKS = """
    SELECT system_code, local_patient_no, enterprise_no, record_id
    FROM (SELECT *, row_number() OVER (PARTITION BY link_id
                    ORDER BY delivered_at DESC, updated_at DESC, record_id) AS place
          FROM raw.ehr_patient_link WHERE {known})
    WHERE place = 1 AND row_status = 'active' AND NOT is_deleted"""


@dataclass(frozen=True)
class IdentityReport:
    """Counts only. `conflicts`: local numbers linked to two persons (left unlinked); `merged`: links that were moved
    from one person to another; `unlinked`: records whose patient number has no link."""

    persons: int
    links: int
    conflicts: int
    merged: int
    unlinked: int


def pseudonym(key: bytes, enterprise_no: str) -> str:
    """usubjid of a person: 'CW-' and 16 hex digits of HMAC-SHA256."""
    return "CW-" + hmac.new(key, enterprise_no.encode(), hashlib.sha256).hexdigest()[:16].upper()


def refresh(con: duckdb.DuckDBPyConnection, settings: Settings) -> IdentityReport:
    """Rebuild identity.patient_map from the patient index as of T. Only persons not seen before are hashed."""
    with transaction(con):
        known = f"delivered_at <= {quoted(settings.as_of.isoformat())}::TIMESTAMPTZ" if settings.as_of else "true"
        con.execute("DELETE FROM identity.link")
        con.execute(f"INSERT INTO identity.link {_LINKS.format(known=known)} ORDER BY ALL")
        _name_new_persons(con, settings)
        _tag_new_texts(con, settings)
        con.execute("DELETE FROM identity.patient_map")
        con.execute("""
            INSERT INTO identity.patient_map
            SELECT DISTINCT system_code, local_patient_no, enterprise_no, usubjid
            FROM identity.link JOIN identity.person USING (enterprise_no)
            ANTI JOIN (
                SELECT system_code, local_patient_no FROM identity.link
                GROUP BY ALL HAVING count(DISTINCT enterprise_no) > 1) USING (system_code, local_patient_no)
            ORDER BY ALL""")
        report = IdentityReport(
            persons=_count(con, "SELECT DISTINCT usubjid FROM identity.patient_map"),
            links=_count(con, "FROM identity.patient_map"),
            conflicts=len(conflicts(con)),
            merged=len(merged(con)),
            unlinked=sum(count for _, count, _ in unlinked(con)),
        )
    return report


def unlinked(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """(raw table, records without a link, all records) of every table that carries patient numbers."""
    found = []
    for contract in load_contracts().values():
        if contract.patient:
            query = f"""
                SELECT count(*) FILTER (WHERE m.usubjid IS NULL), count(*) FROM raw.{contract.table} AS r
                LEFT JOIN identity.patient_map AS m
                ON m.system_code = '{contract.feed}' AND m.local_patient_no = r."{contract.patient}" """
            found.append((contract.table, *one_row(con.execute(query))))
    return found


def conflicts(con: duckdb.DuckDBPyConnection) -> list[str]:
    """One record id for each local number that is linked to two persons (after `refresh`)."""
    query = """
        SELECT min(record_id) FROM identity.link
        GROUP BY system_code, local_patient_no HAVING count(DISTINCT enterprise_no) > 1 ORDER BY 1"""
    return [record_id for (record_id,) in con.execute(query).fetchall()]


def merged(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Record ids of links that were moved from one person to another: the pseudonym of their records changed."""
    query = """
        SELECT max(record_id) FROM raw.ehr_patient_link
        GROUP BY link_id HAVING count(DISTINCT enterprise_no) > 1 ORDER BY 1"""
    return [record_id for (record_id,) in con.execute(query).fetchall()]


def _name_new_persons(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    this_key = establish(con, settings)
    key = read_key(settings)
    con.execute("DELETE FROM identity.person WHERE key_id <> ?", [this_key])
    new = con.execute(
        "SELECT DISTINCT enterprise_no FROM identity.link ANTI JOIN identity.person USING (enterprise_no)"
    )
    if numbers := [number for (number,) in new.fetchall()]:
        named = pa.table({"number": numbers, "usubjid": [pseudonym(key, number) for number in numbers]})
        con.register("named", named)
        con.execute("INSERT INTO identity.person SELECT number, usubjid, ? FROM named", [this_key])
        con.unregister("named")


def _tag_new_texts(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """identity.sent_text: what tells two codes or units apart that no model may show (macro shown_code)."""
    this_key = establish(con, settings)
    key = read_key(settings)
    con.execute("DELETE FROM identity.sent_text WHERE key_id <> ?", [this_key])
    sent = " UNION ".join(_codes_and_units())
    new = con.execute(
        f"SELECT DISTINCT text FROM ({sent}) ANTI JOIN identity.sent_text ON text = source_text WHERE text IS NOT NULL"
    )
    if texts := [text for (text,) in new.fetchall()]:
        tagged = pa.table({"text": texts, "tag": [keyed(key, text) for text in texts]})
        con.register("tagged", tagged)
        con.execute("INSERT INTO identity.sent_text SELECT text, tag, ? FROM tagged", [this_key])
        con.unregister("tagged")


def _codes_and_units() -> Iterator[str]:
    """A query of each column, or field of a list, that holds codes or units as they were sent."""
    for contract in load_contracts().values():
        for column in contract.columns:
            if _is_code_or_unit(column):
                yield f'SELECT DISTINCT "{column.name}" AS text FROM raw.{contract.table}'
            for field in filter(_is_code_or_unit, column.fields):
                elements = f'SELECT unnest("{column.name}") AS element FROM raw.{contract.table}'
                yield f'SELECT DISTINCT element."{field.name}" AS text FROM ({elements})'


def _is_code_or_unit(column: Column) -> bool:
    is_named = column.name.endswith(("_code", "_unit", "unit_text"))
    return column.type == "text" and column.phi == "none" and (is_named or column.codes is not None)


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return one_value(con.execute(f"SELECT count(*) FROM ({relation})"))
