"""Records that come in files. A record is one line; its id follows from the file and the line.

A record with key, version and content already held is an exact duplicate. One key and version with different contents
in one delivery: nobody can say which is right, all are rejected. One key and version held with other content from an
earlier delivery: the later one is rejected, because a change needs a new version.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from cartwright.warehouse.counted import counted
from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.desk import Intake, source
from cartwright.warehouse.intake.landing import Delivery, is_unchanged
from cartwright.warehouse.intake.read_mapped import MAP_STRIDE
from cartwright.warehouse.intake.readers import read
from cartwright.warehouse.intake.validate import content_hash_sql
from cartwright.warehouse.store_tables import quoted

_CHANGED = "the file changed while it was read; write it under a name that ends in .part, then rename it"


class FileIntake(Intake):
    """Takes deliveries of one file table, in order of delivery."""

    source_line = f"row_no % {MAP_STRIDE}"

    def __init__(self, con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
        super().__init__(con, contract)
        self.rejected_id = self.record_id

    @property
    def record_id(self) -> str:
        return f"concat_ws('|', {self.table}, origin, row_no)"

    @property
    def shows_everything(self) -> bool:
        is_whole_export = self.contract.is_versioned_by_delivery and self.contract.source.is_whole
        return is_whole_export and self._count_of("staged") > 0

    def stage_files(self, deliveries: list[Delivery]) -> int:
        """Read the files into `staged`; a delivery that cannot be taken gets its refusal and leaves no record.

        Returns how many held records a whole export no longer has.
        """
        self.start(deliveries)
        is_record = ", ".join(f'arrived."{n}"' for n in ("malformed", "raw_text", *self.names))
        # A line without any value is no record.
        self.stage(self._read(deliveries), f"{self.arrived} WHERE coalesce({is_record}) IS NOT NULL")
        self._note_unknown_fields(deliveries)
        if refused := [d.number for d in deliveries if d.refusal]:
            self.con.execute("DELETE FROM staged WHERE delivery_no IN (SELECT unnest(?))", [refused])
        return self._follow_export(deliveries[0]) if self.contract.is_versioned_by_delivery else 0

    def _follow_export(self, delivery: Delivery) -> int:
        """Versions of an export that has none: a content already held keeps its own, another has the delivery's day.

        Returns how many records the export no longer has, when it is a whole one.
        """
        self.remember_held()
        (version,) = self.contract.version
        day = f"timezone({quoted(self.contract.zone)}, d.delivered_at)"
        stamp = f"strftime({day}, '{'%Y%m%d' if version == 'version_no' else '%Y-%m-%d %H:%M:%S'}')"
        typed = ", ".join(f'{self.typed_sql(n, source(n))} AS "v_{n}"' for n in self.names if n != version)
        same = " AND ".join(f'h."{n}" = {self.typed_sql(n, source(n))}' for n in self.contract.key)
        self.con.execute(f"""
            UPDATE staged SET "{version}" = found.version FROM (
                SELECT delivery_no, row_no,
                       CASE WHEN {content_hash_sql(self.contract)} = held_hash THEN CAST("v_{version}" AS VARCHAR)
                            ELSE stamp END AS version
                FROM (SELECT s.delivery_no, s.row_no, {typed}, h."{version}" AS "v_{version}",
                             h.content_hash AS held_hash, {stamp} AS stamp
                      FROM staged AS s JOIN delivery AS d USING (delivery_no)
                      LEFT JOIN (FROM held WHERE NOT is_deleted) AS h ON {same})) AS found
            WHERE staged.delivery_no = found.delivery_no AND staged.row_no = found.row_no""")
        if not self.shows_everything:
            return 0
        try:
            return self.mark_vanished()
        except Refusal as refusal:
            delivery.refusal = str(refusal)
            self.con.execute("DELETE FROM staged")
            return 0

    def _note_unknown_fields(self, deliveries: list[Delivery]) -> None:
        """A misspelt field inside a list would be left out without a word."""
        for column in (c for c in self.contract.columns if c.fields):
            elements = f'CASE WHEN json_valid("{column.name}") THEN json_extract("{column.name}", \'$[*]\') END'
            known = ", ".join(quoted(field.name) for field in column.fields)
            found = self.con.execute(f"""
                SELECT delivery_no, count(*)
                FROM (SELECT delivery_no, unnest(json_keys(e)) AS key
                      FROM (SELECT delivery_no, unnest({elements}) AS e FROM staged WHERE malformed IS NULL))
                WHERE key NOT IN ({known}) GROUP BY delivery_no""").fetchall()
            for number, count in found:
                delivery = next(d for d in deliveries if d.number == number)
                delivery.note(
                    f"left out: {counted(count, 'field')} inside {column.name} that the contract does not know; "
                    "ask for an addition to it"
                )

    def _read(self, deliveries: list[Delivery]) -> Iterator[pa.RecordBatch]:
        for delivery in deliveries:
            if delivery.refusal:
                continue
            try:
                yield from read(delivery, self.contract)
            except Refusal as refusal:
                delivery.refusal = str(refusal)
            if not is_unchanged(delivery):
                delivery.refusal = _CHANGED

    def fate_sql(self) -> str:
        identity = [*self.contract.key, *self.contract.version]
        columns = ", ".join(f'"{n}"' for n in identity)
        qualified = ", ".join(f'o."{n}"' for n in identity)
        typed = ", ".join(f'"v_{n}" AS "{n}"' for n in identity)
        same = " AND ".join(f'h."{n}" = o."{n}"' for n in identity)
        return f"""
            WITH sound AS (SELECT delivery_no, row_no, content_hash, {typed} FROM judged WHERE NOT is_faulty),
            clashing AS (SELECT delivery_no, {columns} FROM sound
                         GROUP BY ALL HAVING min(content_hash) <> max(content_hash)),
            plain AS (SELECT o.* FROM sound AS o ANTI JOIN clashing AS h ON {same} AND h.delivery_no = o.delivery_no),
            held AS (SELECT {qualified}, any_value(o.content_hash) AS held_hash
                     FROM {self.raw} AS o SEMI JOIN plain AS h ON {same} GROUP BY {qualified}),
            placed AS (SELECT o.*, held_hash, row_number() OVER w AS place,
                              first_value(o.content_hash) OVER w AS first_hash
                       FROM plain AS o LEFT JOIN held AS h ON {same}
                       WINDOW w AS (PARTITION BY {qualified} ORDER BY delivery_no, row_no))
            SELECT o.delivery_no, o.row_no, 'conflicting_duplicate' AS fate
            FROM sound AS o SEMI JOIN clashing AS h ON {same} AND h.delivery_no = o.delivery_no
            UNION ALL
            SELECT delivery_no, row_no,
                   CASE WHEN coalesce(held_hash, first_hash) <> content_hash THEN 'conflicting_version'
                        WHEN held_hash IS NOT NULL OR place > 1 THEN 'duplicate' ELSE 'load' END
            FROM placed"""
