"""Records that stand in a database and change in place. Every version seen is kept, a vanished row gets a tombstone.

A version is known from its `updated_at`. Three things are known only from the night that noticed them: a deletion, a
row that came back after one, and content that changed without a new `updated_at`.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from warehouse import ehr
from warehouse.columns import Refusal
from warehouse.contracts import Contract
from warehouse.intake import Intake
from warehouse.landing import Delivery
from warehouse.tables import quoted
from warehouse.validate import Rule

_MASS_DELETION = 100  # a table that loses more than half of at least this many rows is taken for broken


class RowIntake(Intake):
    """Takes one night of one database table; `now` is the moment of the night."""

    def __init__(self, con, contract: Contract, now: datetime) -> None:
        super().__init__(con, contract)
        (self.version,) = contract.version
        self.now = f"{quoted(now.isoformat())}::TIMESTAMPTZ"
        self.stamp = quoted(now.isoformat())
        self.delivered_at = f"coalesce(noticed_at, timezone('{contract.zone}', \"v_{self.version}\"))"
        late = f"timezone('{contract.zone}', {self.now}) + INTERVAL 1 DAY"
        fault = f"CASE WHEN \"v_{self.version}\" > {late} THEN 'in_the_future' END"
        self.extra_rules = (Rule(self.version, self._column(self.version), fault, f'"{self.version}"'),)

    @property
    def record_id(self) -> str:
        parts = ", ".join(f'"v_{n}"' for n in (*self.contract.key, self.version))
        return f"concat_ws('|', {self.table}, {parts}, content_hash, noticed_at)"

    rejected_id = "concat_ws('|', version_hash, md5(packed_text))"

    def stage_table(self, source: sa.Connection, delivery: Delivery) -> int:
        """Read what is unseen into `staged`; returns how many held rows the table no longer has.

        Raises Refusal when the table cannot be taken.
        """
        self.start([delivery])
        present = ehr.check_table(source, delivery, self.contract)
        self._remember_held()
        names = [*self.contract.key, self.version]
        columns = ", ".join(f'"{n}" VARCHAR' for n in names)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE source_key ({columns})")
        schema = pa.schema([(n, pa.string()) for n in names])
        self.stage(ehr.read_keys(source, self.contract), "SELECT * FROM arrived", "source_key", schema)
        vanished = self._mark_vanished()
        rows = self._count_of("source_key")
        if rows:
            since = None if self._has_gained_columns(present) else self._oldest_unseen()
            self.stage(ehr.read_rows(source, delivery, self.contract, present, since), "SELECT * FROM arrived")
        self._remember_columns(present)
        return vanished

    def bury(self, delivery: Delivery) -> None:
        """A tombstone with the last content for every row that vanished."""
        self.con.execute(f"""
            INSERT INTO {self.raw}
            SELECT r.* REPLACE (left(md5(concat_ws('|', r.record_id, 'deleted', {self.stamp})), 16) AS record_id,
                                {quoted(delivery.delivery_id)} AS delivery_id, {self.now} AS delivered_at,
                                true AS is_deleted)
            FROM {self.raw} AS r SEMI JOIN vanished USING (record_id)""")

    def _remember_held(self) -> None:
        """`held`: the newest version of every key, which tonight's table is compared with."""
        keys = ", ".join(f'"{n}"' for n in self.contract.key)
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE held AS
            SELECT {keys}, "{self.version}", content_hash, is_deleted, record_id
            FROM (SELECT *, row_number() OVER (PARTITION BY {keys}
                            ORDER BY "{self.version}" DESC, delivered_at DESC, record_id DESC) AS place FROM {self.raw})
            WHERE place = 1""")

    def _mark_vanished(self) -> int:
        same = " AND ".join(f'h."{n}" = {self.typed_sql(n, _source(n))}' for n in self.contract.key)
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE vanished AS
            SELECT record_id FROM held AS h ANTI JOIN source_key AS s ON {same} WHERE NOT is_deleted""")
        vanished = self._count_of("vanished")
        held = self._count_of("held WHERE NOT is_deleted")
        if vanished >= _MASS_DELETION and vanished * 2 > held:
            raise Refusal(
                f"{vanished} of {held} rows are no longer in the table; so many deletions look like a broken table: "
                "restore it, or withdraw rows by row_status"
            )
        return vanished

    def _has_gained_columns(self, present: list[str]) -> bool:
        """Whether the table has an optional column that was not read before: its rows have to be read once more."""
        known = "SELECT column_name FROM ingest.optional_column WHERE table_name = ?"
        seen = {name for (name,) in self.con.execute(known, [self.contract.table]).fetchall()}
        return not seen.issuperset(self._optional(present))

    def _remember_columns(self, present: list[str]) -> None:
        self.con.execute("DELETE FROM ingest.optional_column WHERE table_name = ?", [self.contract.table])
        for name in self._optional(present):
            self.con.execute("INSERT INTO ingest.optional_column VALUES (?, ?)", [self.contract.table, name])

    def _optional(self, names: list[str]) -> list[str]:
        return [c.name for c in self.contract.columns if c.optional and c.name in names]

    def _oldest_unseen(self) -> str | None:
        """From which `updated_at` on rows have to be read (as the source writes it); None: all of them."""
        same = " AND ".join(f'h."{n}" = {self.typed_sql(n, _source(n))}' for n in (*self.contract.key, self.version))
        oldest, newest_seen = self.con.execute(f"""
            WITH compared AS (
                SELECT s."{self.version}" AS written,
                       EXISTS (FROM held AS h WHERE NOT is_deleted AND {same}) AS is_held,
                       {self.version_hash_sql("s.")} AS version_hash
                FROM source_key AS s)
            SELECT min(written) FILTER (WHERE NOT is_held AND version_hash NOT IN (
                       SELECT version_hash FROM quarantine.rejected_record WHERE table_name = {self.table})),
                   max(written) FILTER (WHERE is_held)
            FROM compared""").fetchone()
        if newest_seen is None:
            return None
        # Rows written in the very second of the newest seen row are read again: they may have changed since.
        return min(oldest or newest_seen, newest_seen)

    def _count_of(self, relation: str) -> int:
        return self.con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]

    def _held_back(self) -> str:
        # A row that was rejected before and still stands there is nothing new.
        self.con.execute("""
            CREATE OR REPLACE TEMP TABLE faulty_again AS
            SELECT delivery_no, row_no FROM faulty SEMI JOIN quarantine.rejected_record USING (record_id)""")
        self.con.execute("DELETE FROM faulty WHERE row_no IN (SELECT row_no FROM faulty_again)")
        return "UNION ALL SELECT delivery_no, 'duplicate' FROM faulty_again"

    def fate_sql(self) -> str:
        key = self.contract.key
        qualified = ", ".join(f'o."{n}"' for n in key)
        typed = ", ".join(f'"v_{n}" AS "{n}"' for n in (*key, self.version))
        same = " AND ".join(f'h."{n}" = o."{n}"' for n in key)
        return f"""
            WITH sound AS (SELECT delivery_no, row_no, content_hash, {typed} FROM judged WHERE NOT is_faulty),
            known AS (SELECT DISTINCT o.content_hash FROM {self.raw} AS o SEMI JOIN sound AS h ON {same}),
            placed AS (SELECT o.*, h."{self.version}" AS held_version, coalesce(h.is_deleted, false) AS is_buried,
                              k.content_hash IS NOT NULL AS is_known, row_number() OVER w AS place,
                              min(o.content_hash) OVER k <> max(o.content_hash) OVER k AS is_clashing
                       FROM sound AS o LEFT JOIN held AS h ON {same}
                       LEFT JOIN known AS k ON k.content_hash = o.content_hash
                       WINDOW w AS (PARTITION BY {qualified} ORDER BY row_no), k AS (PARTITION BY {qualified}))
            SELECT delivery_no, row_no,
                   CASE WHEN is_clashing THEN 'conflicting_duplicate'
                        WHEN place > 1 OR (is_known AND NOT is_buried) THEN 'duplicate' ELSE 'load' END AS fate,
                   CASE WHEN is_buried OR "{self.version}" <= held_version THEN {self.now} END AS noticed_at
            FROM placed"""


def _source(name: str) -> str:
    return f's."{name}"'
