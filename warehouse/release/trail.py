"""Records that decided something: which they are by the release; file, line, values of each by the build file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb

from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.release.guard import forbidden_columns
from cartwright.warehouse.release.published import names_behind, sources
from cartwright.warehouse.store_tables import quoted

EVIDENCE = "usubjid, table_name, item, record_id, part, role, note"
_RAW_SIZES = """
    SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = 'build' AND schema_name = 'raw'"""


class Evidence(NamedTuple):
    """A record that decided an item, and what it did; without a record `note` says what was looked for and not found.

    table and source (file and line, or table of the EHR and version) are known where the build file could be read.
    """

    usubjid: str
    table_name: str
    item: str | None
    record_id: str | None
    part: str | None
    role: str
    note: str | None
    table: str | None = None
    source: str | None = None
    values: Mapping[str, str] = MappingProxyType({})


class Trail:
    """What was found, in a fixed order and still in the database: the temporary table `trail`, one at a time for a
    connection. A cell can have hundreds of thousands of rows, of which few are looked at."""

    def __init__(self, con: duckdb.DuckDBPyConnection, selects: Sequence[str]) -> None:
        self._con = con
        found = " UNION ALL ".join(selects) or f"SELECT {EVIDENCE} FROM adam.evidence WHERE false"
        con.execute(f"CREATE OR REPLACE TEMP TABLE trail AS SELECT {EVIDENCE} FROM ({found})")

    def add_where_nothing(self, select: str) -> None:
        """Evidence of the patients of whom neither a record nor a word was found."""
        told = "(SELECT usubjid FROM trail WHERE record_id IS NOT NULL OR note IS NOT NULL)"
        self._con.execute(f"INSERT INTO trail SELECT {EVIDENCE} FROM ({select}) ANTI JOIN {told} USING (usubjid)")

    def counted(self) -> tuple[int, int]:
        """Rows, and raw records among them."""
        rows, records = one_row(self._con.execute("SELECT count(*), count(DISTINCT record_id) FROM trail"))
        return rows, records

    def evidence(self, limit: int | None = None) -> list[Evidence]:
        """As the release knows it; limit: the first so many."""
        return [Evidence(*row) for row in self._con.execute(f"SELECT * FROM {_first(limit)} ORDER BY ALL").fetchall()]

    def located(
        self,
        limit: int | None = None,
        with_values: bool = True,
        contracts: Mapping[str, Contract] | None = None,
    ) -> list[Evidence]:
        """The same with table, file and line, and values of each raw record; needs the build file, which alone knows
        the record behind a published id.

        contracts: as the hospital fills them, which say in what folder its files lie; default: the standard's.
        """
        _locate(self._con, _first(limit), contracts or load_contracts())
        query = f"""
            SELECT shown.*, place.table_name, place.source FROM {_first(limit)} AS shown
            LEFT JOIN place ON shown.record_id = place.published_id ORDER BY ALL"""
        found = [Evidence(*row) for row in self._con.execute(query).fetchall()]
        return _with_values(self._con, found) if with_values else found


def _first(limit: int | None) -> str:
    return "trail" if limit is None else f"(SELECT * FROM trail ORDER BY ALL LIMIT {limit})"


def _locate(con: duckdb.DuckDBPyConnection, shown: str, contracts: Mapping[str, Contract]) -> None:
    """The table `place`: where the raw records that `shown` names stand, by published id."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS "
        f"SELECT DISTINCT record_id AS published_id FROM {shown} WHERE record_id IS NOT NULL"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE wanted_record AS {names_behind(con, 'wanted')}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE place "
        "(published_id VARCHAR, table_name VARCHAR, source VARCHAR, raw_row BIGINT, record_id VARCHAR)"
    )
    sizes = dict(con.execute(_RAW_SIZES).fetchall())
    missing: int = one_value(con.execute("SELECT count(*) FROM wanted_record"))
    for contract in sorted(contracts.values(), key=lambda each: sizes.get(each.table, 0)):  # the largest last
        if not missing:
            return
        missing -= _locate_in(con, contract)


def _locate_in(con: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Add what one feed table has to `place`, and tell how many that are. Only narrow columns are searched."""
    file = "coalesce(ledger.file_name, 'delivery not in the ledger')"
    source = (  # what came by a file has a line, whatever its table comes by today
        f"CASE WHEN raw.source_line IS NOT NULL THEN {quoted(contract.folder + '/')} || {file} || ', line ' || "
        f"raw.source_line ELSE 'EHR table ' || {file} || ', version of ' || "
        f'CAST(raw."{contract.version[0]}" AS VARCHAR) END'
    )
    added = con.execute(f"""
        INSERT INTO place SELECT published_id, {quoted(f"raw.{contract.table}")}, {source}, raw.rowid, record_id
        FROM build.raw.{contract.table} AS raw INNER JOIN wanted_record USING (record_id)
        LEFT JOIN build.quality.delivery_ledger AS ledger USING (delivery_id)""")
    return int(one_value(added))


def _with_values(con: duckdb.DuckDBPyConnection, found: list[Evidence]) -> list[Evidence]:
    """The same with the values of their raw records, which `place` has found."""
    raw: dict[tuple[str, str], dict[str, Any]] = {}
    for (table,) in con.execute("SELECT DISTINCT table_name FROM place ORDER BY ALL").fetchall():
        held = [name for name, *_ in con.execute(f"SELECT * FROM build.{table} LIMIT 0").description]
        names = [name for name in held if name not in forbidden_columns()]
        listed = ", ".join(f'raw."{name}"' for name in names)
        rows = con.execute(
            f"SELECT place.published_id, {listed} "
            f"FROM build.{table} AS raw INNER JOIN place ON raw.rowid = place.raw_row "
            f"WHERE place.table_name = {quoted(table)} AND raw.rowid IN "
            f"(SELECT raw_row FROM place WHERE table_name = {quoted(table)})"
        ).fetchall()
        raw |= {(table, row[0]): dict(zip(names, row[1:], strict=True)) for row in rows}
    hidden = {each.part for each in found if each.part and each.part.startswith("(")}  # a label shows as it is
    parts = sources(con, hidden) if hidden else {}

    def whole(each: Evidence) -> Evidence:
        values = raw.get((each.table or "", each.record_id or ""))
        part = each.part and parts.get(each.part, each.part)
        return each if values is None else each._replace(values=_shown(values, part))

    return [whole(each) for each in found]


def _shown(values: dict[str, Any], part: str | None) -> dict[str, str]:
    """What is known of a raw record, or of one lesion of it."""
    if part is not None:
        lists = [one for value in values.values() if isinstance(value, list) for one in value if isinstance(one, dict)]
        same = [one for one in lists if _label(str(one.get("lesion_code", ""))) == _label(part)]
        values = same[0] if same else {}
    return {name: str(value) for name, value in values.items() if value is not None}


def _label(text: str) -> str:
    """A lesion's label as the models match it: without blanks, in capitals (macro lesion_label)."""
    return "".join(text.split()).upper()
