"""Who holds a release and a list of all patients, but not the key, names nobody."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.schemas import PUBLISHED
from houses import House, one_file

# Everything that can be worked out from a patient list and the hospital's own numbers without the key: the ids that the
# build file keeps (hashes of the whole row), and hashes of each number, name and birth date, alone and with others.
_HASHED = (
    "md5({0})",
    "left(md5({0}), 16)",
    "sha256({0})",
    "left(sha256({0}), 16)",
    "CAST(hash({0}) AS VARCHAR)",
    "{0}",
)


def _guesses(con: duckdb.DuckDBPyConnection) -> None:
    """`guess` (text, person): every guess that an attacker can make about a row of a person."""
    con.execute("CREATE TEMP TABLE guess (text VARCHAR, person VARCHAR)")
    for contract in load_contracts().values():
        if not contract.patient:
            continue
        texts = [
            column.name for column in contract.columns if column.phi == "identifier" or column.name in contract.key
        ]
        row = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in dict.fromkeys([*contract.key, *contract.version]))
        parts = [f'CAST("{name}" AS VARCHAR)' for name in texts if name != "birth_date"]
        parts += [
            f"concat_ws('|', '{contract.table}', {row})",
            f"concat_ws('|', '{contract.table}', {row}, content_hash)",
        ]
        if contract.table == "ehr_patient":
            parts += [
                "concat_ws('|', mrn, full_name, birth_date)",
                "concat_ws(',', mrn, full_name, birth_date, sex_code)",
            ]
        made = ", ".join(how.format(part) for part in parts for how in _HASHED)
        con.execute(
            f"INSERT INTO guess SELECT DISTINCT unnest([record_id, content_hash, delivery_id, {made}]), usubjid "
            f"FROM build.raw.{contract.table} AS r JOIN build.identity.patient_map AS m "
            f"ON \"{contract.patient}\" = local_patient_no AND system_code = '{contract.feed}'"
        )
    con.execute("DELETE FROM guess WHERE length(text) < 6 OR text IS NULL")


def _named(con: duckdb.DuckDBPyConnection, database: str) -> tuple[int, set[str]]:
    """Persons of whom a text of the published schemas equals a guess, and the columns where it does."""
    con.execute("CREATE OR REPLACE TEMP TABLE seen (text VARCHAR, place VARCHAR)")
    for table, column in con.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = ? AND list_contains(?, schema_name) AND data_type = 'VARCHAR'",
        [database, list(PUBLISHED)],
    ).fetchall():
        con.execute(f"INSERT INTO seen SELECT DISTINCT \"{column}\", '{table}.{column}' FROM {database}.{table}")
    hits = con.execute("SELECT DISTINCT person, place FROM guess JOIN seen USING (text)").fetchall()
    return len({person for person, _ in hits}), {place for _, place in hits}


@pytest.mark.slow
def test_a_patient_list_names_nobody_in_a_release(house: House, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{one_file(house.settings, tmp_path)}' AS build (READ_ONLY)")
        con.execute(f"ATTACH '{house.place.current_db.resolve()}' AS release (READ_ONLY)")
        _guesses(con)
        screened = con.execute("SELECT count(*) FROM release.adam.adsl").fetchone()[0]
        named, _ = _named(con, "build")
        assert named >= screened > 100, "the attack must work where ids are as the feeds gave them"
        assert _named(con, "release") == (0, set())
