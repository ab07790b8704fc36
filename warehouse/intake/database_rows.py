"""Records that stand in a database and change in place. Every version seen is kept, a vanished row gets a tombstone.

Every night compares the whole table with what it showed last, by content and not by `updated_at`: a restored backup
sets rows back, and scripts change them without a new time. A state is known from its `updated_at` when that is later
than any that the table showed before, and than what a night was built on; a deletion, and every state with an older or
equal time, is known only from the night that noticed it. So of one key `delivered_at` rises with every state shown: the
last one is what the source says now, and what an earlier night knew stays what it was.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import sqlalchemy as sa

from cartwright.warehouse.build_row import known_until
from cartwright.warehouse.intake import read_ehr as ehr
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.desk import Intake, source
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.validate import Rule, content_hash_sql
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.store_tables import quoted


class RowIntake(Intake):
    """Takes one night of one database table; `now` is the moment of the night."""

    def __init__(self, con: duckdb.DuckDBPyConnection, contract: Contract, now: datetime) -> None:
        super().__init__(con, contract)
        (self.version,) = contract.version
        self.now = f"{quoted(now.isoformat())}::TIMESTAMPTZ"
        self.delivered_at = f"coalesce(noticed_at, timezone('{contract.zone}', \"v_{self.version}\"))"
        late = f"timezone('{contract.zone}', {self.now}) + INTERVAL 1 DAY"
        fault = f"CASE WHEN \"v_{self.version}\" > {late} THEN 'in_the_future' END"
        self.extra_rules = (Rule(self.version, self._column(self.version), fault, f'"{self.version}"'),)

    @property
    def record_id(self) -> str:
        parts = ", ".join(f'"v_{n}"' for n in (*self.contract.key, self.version))
        return f"concat_ws('|', {self.table}, {parts}, content_hash, noticed_at)"

    shows_everything = True
    rejected_id = "concat_ws('|', version_hash, md5(packed_text))"

    def stage_table(self, source: sa.Connection, delivery: Delivery) -> int:
        """Read what changed into `staged`; returns how many held rows the table no longer has.

        Raises Refusal when the table cannot be taken.
        """
        self.start([delivery])
        present = ehr.check_table(source, delivery, self.contract)
        self.remember_held()
        self._remember_newest()
        self.stage(ehr.read_rows(source, delivery, self.contract, present), self.arrived)
        vanished = self.mark_vanished()
        self._forget_unchanged()
        return vanished

    def _remember_newest(self) -> None:
        """The latest time that the table showed of any row."""
        newest = one_value(self.con.execute(f'SELECT max("{self.version}")::VARCHAR FROM {self.raw}'))
        self.newest_at = f"{quoted(newest)}::TIMESTAMP" if newest else "NULL::TIMESTAMP"
        known = known_until(self.con)
        self.known_at = f"{quoted(known.isoformat())}::TIMESTAMPTZ" if known else "NULL::TIMESTAMPTZ"

    def _forget_unchanged(self) -> None:
        """Leave in `staged` what the table did not show last time. Rows that share a key are all judged again."""
        typed = ", ".join(f'{self.typed_sql(n, source(n))} AS "v_{n}"' for n in self.names)
        keys = ", ".join(f'"{n}"' for n in self.contract.key)
        self.con.execute(f"""
            DELETE FROM staged WHERE row_no IN (
                SELECT row_no FROM (
                    SELECT row_no, {content_hash_sql(self.contract)} AS content_hash, twins
                    FROM (SELECT s.row_no, count(*) OVER (PARTITION BY {keys}) AS twins, {typed} FROM staged AS s))
                SEMI JOIN (FROM held WHERE NOT is_deleted) USING (content_hash) WHERE twins = 1)""")

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
        written_at = f"timezone('{self.contract.zone}', \"{self.version}\")"
        late = (
            f'"{self.version}" <= {self.newest_at} OR {written_at} <= {self.known_at} '
            f"OR {written_at} <= shown_at OR {written_at} > {self.now}"
        )
        return f"""
            WITH sound AS (SELECT delivery_no, row_no, content_hash, {typed} FROM judged WHERE NOT is_faulty),
            placed AS (SELECT o.*, h.delivered_at AS shown_at, row_number() OVER w AS place,
                              h.content_hash = o.content_hash AND NOT h.is_deleted AS is_known,
                              min(o.content_hash) OVER k <> max(o.content_hash) OVER k AS is_clashing
                       FROM sound AS o LEFT JOIN held AS h ON {same}
                       WINDOW w AS (PARTITION BY {qualified} ORDER BY row_no), k AS (PARTITION BY {qualified}))
            SELECT delivery_no, row_no,
                   CASE WHEN is_clashing THEN 'conflicting_duplicate'
                        WHEN place > 1 OR is_known THEN 'duplicate' ELSE 'load' END AS fate,
                   CASE WHEN {late} THEN {self.now} END AS noticed_at
            FROM placed"""
