"""What a release takes over from the one before: tables that are as they were, and of others the rows of subjects of
whom nothing in them changed.

Rows are compared as the build file has them: of each table and subject their number and the sum of their hashes are
kept beside the id of the release that showed them. What decides how a row is shown must be the same (`basis`). Where it
is not, where somebody has left, or a text is shown otherwise, everything is written anew: a file that is carried on may
hold in its blocks what no query finds any more, and that must be of nobody who left and no text that is masked now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.release.switch import DATABASE
from cartwright.warehouse.release.tables import SCREENED, Table
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.transaction import transaction

TELLS_OF_THE_RUN = ("quality.", "meta.")  # the same inputs give other rows of these
_MOST_IN_A_ROW = 14  # then everything again: rows come back into order, and what was replaced is gone from the file
_WORTH_IT = 0.25  # of a table's rows; above, it is written whole


@dataclass(frozen=True)
class Carried:
    """`base`: folder of the release that is taken over, None where everything is written. Of `partly` the rows of some
    subjects are written, of `as_it_was` nothing, of every other table all."""

    base: Path | None
    partly: frozenset[str] = frozenset()
    as_it_was: frozenset[str] = frozenset()

    def rows(self, table: str) -> str:
        """SQL condition on the rows `t` that are written of a table."""
        if table in self.as_it_was:
            return "false"
        return f"t.usubjid IN ({_anew(table)})" if table in self.partly else "true"


def _weigh(con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Sum up tonight's rows by table and subject."""
    con.execute("""
        CREATE OR REPLACE TEMP TABLE release_row
        (table_name VARCHAR, usubjid VARCHAR, row_count BIGINT, hash_sum HUGEINT)""")
    for table in tables:
        who = "t.usubjid" if "usubjid" in table.columns else "NULL"
        con.execute(
            f"INSERT INTO temp.release_row SELECT {quoted(table.name)}, {who}, count(*), sum(hash(t)) "
            f"FROM {table.name} AS t WHERE {table.may_leave} GROUP BY ALL"
        )


def carried(
    con: duckdb.DuckDBPyConnection, place: StudyPlace, tables: Collection[Table], basis: str, is_full: bool = False
) -> Carried:
    """What tonight's release takes over, once it is known what every text shows (`shown_text`)."""
    _weigh(con, tables)
    last = con.execute("SELECT release_id, basis, carried_count FROM built.release").fetchone()
    base = place.releases / last[0] if last else None
    con.execute("CREATE OR REPLACE TEMP TABLE anew AS SELECT table_name, usubjid FROM temp.release_row LIMIT 0")
    if (
        is_full
        or last is None
        or base is None
        or last[1] != basis
        or last[2] >= _MOST_IN_A_ROW
        or not (base / DATABASE).exists()
        or _somebody_left(con)
        or _is_shown_otherwise(con)
    ):
        con.execute("CREATE OR REPLACE TEMP TABLE carried_on AS SELECT ? AS basis, 0 AS carried_count", [basis])
        return Carried(None)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE carried_on AS SELECT ? AS basis, ? AS carried_count", [basis, last[2] + 1]
    )
    con.execute("""
        INSERT INTO temp.anew SELECT DISTINCT table_name, usubjid FROM (
            (FROM temp.release_row EXCEPT FROM built.release_row) UNION ALL
            (FROM built.release_row EXCEPT FROM temp.release_row))""")
    found = con.execute(
        """
        SELECT table_name, NOT bool_or(usubjid IS NULL) AND sum(coalesce(row_count, 0)) <= ? * any_value(table_count)
        FROM temp.anew LEFT JOIN temp.release_row USING (table_name, usubjid)
        LEFT JOIN (SELECT table_name, sum(row_count) AS table_count FROM temp.release_row GROUP BY ALL) AS whole
        USING (table_name) GROUP BY ALL""",
        [_WORTH_IT],
    ).fetchall()
    comparable = {table.name for table in tables if not table.name.startswith(TELLS_OF_THE_RUN)}
    partly = {table for table, is_worth_it in found if is_worth_it}
    return Carried(base, frozenset(partly & comparable), frozenset(comparable.difference(table for table, _ in found)))


def make_room(con: duckdb.DuckDBPyConnection, database: str, carried: Carried, tables: Iterable[Table]) -> None:
    """Take out of the release before, copied and attached as `database`, what is written anew."""
    for name in (table.name for table in tables if carried.base is not None):
        if name in carried.partly:
            con.execute(f"DELETE FROM {database}.{name} WHERE usubjid IN ({_anew(name)})")
        elif name not in carried.as_it_was:
            con.execute(f"DROP TABLE {database}.{name}")


def rows_due(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The rows that each table must have, by the build file; none of what has no rows."""
    due = "SELECT table_name, sum(row_count)::BIGINT FROM temp.release_row GROUP BY ALL"
    return dict(con.execute(due).fetchall())


def remember(con: duckdb.DuckDBPyConnection, release_id: str) -> None:
    """Keep what the release that was just published showed, for the next one. con: that of `carried`."""
    with transaction(con):
        con.execute("DELETE FROM built.release")
        con.execute("INSERT INTO built.release SELECT ?, basis, carried_count FROM temp.carried_on", [release_id])
        for table in ("release_row", "shown_text"):
            con.execute(f"DELETE FROM built.{table}")
            con.execute(f"INSERT INTO built.{table} FROM temp.{table}")


def _anew(table: str) -> str:
    return f"SELECT usubjid FROM temp.anew WHERE table_name = {quoted(table)}"


def _somebody_left(con: duckdb.DuckDBPyConnection) -> bool:
    shown = "SELECT usubjid FROM built.release_row WHERE usubjid IS NOT NULL"
    left = f"SELECT count(*) FROM ({shown} EXCEPT SELECT usubjid FROM {SCREENED})"
    return one_value(con.execute(left)) > 0


def _is_shown_otherwise(con: duckdb.DuckDBPyConnection) -> bool:
    otherwise = """
        SELECT count(*) FROM built.shown_text AS before INNER JOIN temp.shown_text AS now USING (kind, value)
        WHERE before.shown <> now.shown"""
    return one_value(con.execute(otherwise)) > 0
