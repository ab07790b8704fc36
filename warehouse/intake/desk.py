"""The intake desk of one feed table: text in, typed records, quarantine and ledger entries out. Set-wise, in SQL.

Works on temporary tables of the night's connection: `delivery` (what came), `staged` (its records as text), `judged`
(the same, typed, with what is wrong), `fate` (what becomes of each sound record: load, duplicate or a conflict).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from cartwright.warehouse.counted import counted
from cartwright.warehouse.intake.columns import Refusal, text_schema
from cartwright.warehouse.intake.contracts import LINEAGE_COLUMNS, Column, Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.validate import Rule, content_hash_sql, remedy, rules, value_class_sql, value_sql
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.store_tables import quoted

_MASS_DELETION = 100  # a source that loses more than half of at least this many rows is taken for broken
_STAGED_ROWS = 100_000  # rows handed to the database at a time
Counts = tuple[int, int, int, int]  # records, loaded, rejected, duplicates


class InvariantError(RuntimeError):
    """Records would have been lost or counted twice. Nothing of the table's night is kept."""


class Intake(ABC):
    """What files and database tables share. Subclasses say where records come from, their fate and their ids.

    `identity`: columns that must be unique among the loaded records. SQL fragments may use the aliases `d` (delivery)
    and, in `record_id`, the columns of `judged` and `fate`.
    """

    source_line = "NULL::BIGINT"
    delivered_at = "d.delivered_at"
    rejected_id: str
    extra_rules: tuple[Rule, ...] = ()

    def __init__(self, con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
        self.con, self.contract = con, contract
        self.raw, self.table = f"raw.{contract.table}", quoted(contract.table)
        self.names = [c.name for c in contract.columns]
        self.schema = text_schema(contract)

    @property
    def arrived(self) -> str:
        """SELECT of everything that arrived, with what stands in every record by the hospital's word."""
        constants = ", ".join(
            f'{c.constant_sql} AS "{c.name}"' for c in self.contract.columns if c.constant_sql is not None
        )
        return f"SELECT * REPLACE ({constants}) FROM arrived" if constants else "SELECT * FROM arrived"

    @property
    @abstractmethod
    def shows_everything(self) -> bool:
        """Whether what was staged is all that the source holds: what was rejected before and is not there is gone."""

    @property
    @abstractmethod
    def record_id(self) -> str:
        """SQL of the id of a record."""

    @abstractmethod
    def fate_sql(self) -> str:
        """SELECT delivery_no, row_no, fate, noticed_at of every sound record of `judged`."""

    def start(self, deliveries: list[Delivery]) -> None:
        """Empty `staged`, and `delivery` for these deliveries."""
        text = ", ".join(f'"{n}" VARCHAR' for n in self.names)
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE staged "
            f"(delivery_no INTEGER, row_no BIGINT, malformed VARCHAR, raw_text VARCHAR, {text})"
        )
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE delivery "
            "(delivery_no INTEGER, delivery_id VARCHAR, origin VARCHAR, delivered_at TIMESTAMPTZ)"
        )
        columns = {
            "delivery_no": pa.array([d.number for d in deliveries], pa.int32()),
            "delivery_id": pa.array([d.delivery_id for d in deliveries]),
            "origin": pa.array([d.origin for d in deliveries]),
            "delivered_at": pa.array([d.delivered_at for d in deliveries], pa.timestamp("us", tz="UTC")),
        }
        self.insert("delivery", pa.table(columns), "SELECT * FROM arrived")

    def stage(
        self, batches: Iterable[pa.RecordBatch], select: str, into: str = "staged", schema: pa.Schema | None = None
    ) -> None:
        """Insert batches into a temporary table through `select` from `arrived`; small batches are put together."""
        for table in _worthwhile(batches, schema or self.schema):
            self.insert(into, table, select)

    def insert(self, into: str, table: pa.Table, select: str) -> None:
        self.con.register("arrived", table)
        self.con.execute(f"INSERT INTO {into} {select}")
        self.con.unregister("arrived")

    def settle(self) -> dict[int, Counts]:
        """Judge, reject and load what was staged. Returns the counts by delivery number.

        Raises InvariantError unless records = loaded + rejected + duplicates for every delivery.
        """
        self._judge()
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE fate AS {self.fate_sql()}")
        again = self._quarantine()
        self._insert_raw()
        counts = self._count(again)
        for records, loaded, rejected, duplicates in counts.values():
            if records != loaded + rejected + duplicates:
                raise InvariantError(
                    f"{self.contract.table}: {counted(records, 'record')} delivered, but {loaded} loaded, "
                    f"{rejected} rejected and {duplicates} duplicates"
                )
        for table in ("staged", "judged", "fate", "faulty"):  # a first load is large; its memory is wanted elsewhere
            self.con.execute(f"DROP TABLE temp.{table}")
        return counts

    def remember_held(self) -> None:
        """`held`: the state that the source showed last of every key."""
        keys = ", ".join(f'"{n}"' for n in self.contract.key)
        (version,) = self.contract.version
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE held AS
            SELECT {keys}, "{version}", content_hash, is_deleted, record_id, delivered_at
            FROM (SELECT *, row_number() OVER (PARTITION BY {keys}
                            ORDER BY delivered_at DESC, "{version}" DESC, record_id) AS place FROM {self.raw})
            WHERE place = 1""")

    def mark_vanished(self) -> int:
        """`vanished`: what is held and no longer among `staged`. Raises Refusal where so much cannot be deleted."""
        same = " AND ".join(f'h."{n}" = {self.typed_sql(n, source(n))}' for n in self.contract.key)
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE vanished AS
            SELECT record_id FROM held AS h ANTI JOIN staged AS s ON {same} WHERE NOT is_deleted""")
        vanished, held = self._count_of("vanished"), self._count_of("held WHERE NOT is_deleted")
        if vanished >= _MASS_DELETION and vanished * 2 > held:
            raise Refusal(
                f"{vanished:,} of {held:,} rows are no longer in the table; so many deletions look like a broken "
                "table: restore it, or withdraw rows by row_status"
            )
        return vanished

    def bury(self, delivery: Delivery) -> None:
        """A tombstone with the last content for everything that vanished."""
        moment = quoted(delivery.delivered_at.isoformat())
        self.con.execute(f"""
            INSERT INTO {self.raw}
            SELECT r.* REPLACE (left(md5(concat_ws('|', r.record_id, 'deleted', {moment})), 16) AS record_id,
                                {quoted(delivery.delivery_id)} AS delivery_id,
                                {moment}::TIMESTAMPTZ AS delivered_at, true AS is_deleted)
            FROM {self.raw} AS r SEMI JOIN vanished USING (record_id)""")

    def _count_of(self, relation: str) -> int:
        return one_value(self.con.execute(f"SELECT count(*) FROM {relation}"))

    def typed_sql(self, name: str, text: str) -> str:
        """SQL of the typed value of column `name` from the text expression `text`."""
        return value_sql(self._column(name), text)

    def version_hash_sql(self, prefix: str) -> str:
        """SQL that names key and version of a record as it was sent, right or wrong, without showing them."""
        parts = [f"coalesce({prefix}\"{n}\", '')" for n in (*self.contract.key, *self.contract.version)]
        return f"md5(concat_ws('|', {self.table}, {', '.join(parts)}))"

    def _column(self, name: str) -> Column:
        return next(c for c in self.contract.columns if c.name == name)

    def _rules(self) -> list[Rule]:
        return [*rules(self.contract), *self.extra_rules]

    def _judge(self) -> None:
        typed = ", ".join(f'{self.typed_sql(n, _name(n))} AS "v_{n}"' for n in self.names)
        values = ", ".join(f'"v_{n}"' for n in self.names)
        faults = " OR ".join(f"({rule.fault_sql}) IS NOT NULL" for rule in self._rules())
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE judged AS
            SELECT delivery_no, row_no, {values}, {content_hash_sql(self.contract)} AS content_hash,
                   malformed IS NOT NULL OR {faults} AS is_faulty
            FROM (SELECT *, {typed} FROM staged)""")

    def _quarantine(self) -> str:
        """Put faulty records aside: text into the restricted quarantine, where, what and remedy into the public list.

        Returns SQL of the records that stood in quarantine already; they count as duplicates.
        """
        values = ", ".join(f'j."v_{n}"' for n in self.names)
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE faulty AS
            SELECT *, left(md5({self.rejected_id}), 16) AS record_id FROM (
                SELECT s.*, d.delivery_id, d.origin, {self.source_line} AS source_line,
                       coalesce(s.raw_text, {self._packed_sql()}) AS packed_text,
                       {self.version_hash_sql("s.")} AS version_hash,
                       coalesce(s.malformed, f.fate) AS whole_reason, {values}
                FROM staged AS s JOIN judged AS j USING (delivery_no, row_no) JOIN delivery AS d USING (delivery_no)
                LEFT JOIN fate AS f USING (delivery_no, row_no)
                WHERE j.is_faulty OR f.fate LIKE 'conflicting%')""")
        if self.shows_everything:
            self._note_vanished()
        again = self._held_back()
        if one_value(self.con.execute("SELECT count(*) FROM faulty")):
            self.con.execute(f"""
                INSERT INTO quarantine.rejected_record
                SELECT record_id, delivery_id, {self.table}, source_line, version_hash, packed_text FROM faulty""")
            self._publish_reasons(None, "whole_reason", "NULL")
            for rule in self._rules():
                self._publish_reasons(rule, f"CASE WHEN malformed IS NULL THEN {rule.fault_sql} END", rule.text_sql)
        return again

    def _note_vanished(self) -> None:
        """Remember which rejected records the source shows no more: nobody is to be asked about them any longer."""
        gone = "quarantine.vanished_record"
        self.con.execute(f"DELETE FROM {gone} WHERE record_id IN (SELECT record_id FROM faulty)")
        self.con.execute(f"""
            INSERT INTO {gone} (record_id, table_name)
            SELECT DISTINCT record_id, table_name FROM quarantine.rejected_record
            WHERE table_name = {self.table} AND record_id NOT IN (SELECT record_id FROM faulty)
                AND record_id NOT IN (SELECT record_id FROM {gone})""")

    def _packed_sql(self) -> str:
        """SQL of a record as JSON text; an optional column without a value leaves no trace, as if it were not there."""
        always = ", ".join(f'"{c.name}" := s."{c.name}"' for c in self.contract.columns if not c.optional)
        packed = f"to_json(struct_pack({always}))"
        if sometimes := ", ".join(f'"{c.name}" := s."{c.name}"' for c in self.contract.columns if c.optional):
            packed = f"json_merge_patch({packed}, to_json(struct_pack({sometimes})))"
        return f"CAST({packed} AS VARCHAR)"

    def _held_back(self) -> str:
        return ""

    def _publish_reasons(self, rule: Rule | None, reason_sql: str, text_sql: str) -> None:
        label, column = (quoted(rule.label), rule.column) if rule else ("NULL", None)
        found = self.con.execute(f"SELECT DISTINCT {reason_sql} AS r FROM faulty WHERE r IS NOT NULL ORDER BY r")
        for (reason,) in found.fetchall():
            self.con.execute(
                f"""INSERT INTO quality.rejected_record
                    SELECT record_id, delivery_id, {self.table}, source_line, {label}, $reason,
                           {"NULL" if text_sql == "NULL" else value_class_sql(text_sql)}, $remedy
                    FROM faulty WHERE ({reason_sql}) = $reason ORDER BY delivery_no, row_no""",
                {"reason": reason, "remedy": self._remedy(column, reason)},
            )

    def _remedy(self, column: Column | None, reason: str) -> str:
        """What to do, and where the value stands when the source calls its place otherwise."""
        words = remedy(column, reason)
        return f"{words} (it stands in {column.sent})" if column and column.sent_as else words

    def _insert_raw(self) -> None:
        into = ", ".join(f'"{n}"' for n in (*self.names, *LINEAGE_COLUMNS))
        values = ", ".join(f'"v_{n}"' for n in self.names)
        self.con.execute(f"""
            INSERT INTO {self.raw} ({into})
            SELECT {values}, left(md5({self.record_id}), 16), d.delivery_id, {self.source_line}, {self.delivered_at},
                   content_hash, false
            FROM judged JOIN fate USING (delivery_no, row_no) JOIN delivery AS d USING (delivery_no)
            WHERE fate = 'load'""")

    def _count(self, again: str) -> dict[int, Counts]:
        """Each figure is counted from where the records went, so that the invariant is a check and not a sum."""
        rows = self.con.execute(f"""
            WITH outcome AS (
                SELECT delivery_no, 'record' AS outcome FROM staged
                UNION ALL SELECT d.delivery_no, 'loaded' FROM {self.raw} AS r JOIN delivery AS d USING (delivery_id)
                    WHERE NOT r.is_deleted
                UNION ALL SELECT d.delivery_no, 'rejected'
                    FROM quarantine.rejected_record JOIN delivery AS d USING (delivery_id)
                UNION ALL SELECT delivery_no, 'duplicate' FROM fate WHERE fate = 'duplicate' {again})
            SELECT delivery_no, count(*) FILTER (WHERE outcome = 'record'), count(*) FILTER (WHERE outcome = 'loaded'),
                   count(*) FILTER (WHERE outcome = 'rejected'), count(*) FILTER (WHERE outcome = 'duplicate')
            FROM outcome GROUP BY delivery_no""").fetchall()
        return {number: tuple(counts) for number, *counts in rows}


def _worthwhile(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting, rows = [], 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= _STAGED_ROWS:
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


def source(name: str) -> str:
    """SQL of the text of a column of `staged AS s`."""
    return f's."{name}"'


def _name(name: str) -> str:
    return f'"{name}"'
