"""The tables of a release: which they are, what they are like, and which of their rows may leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from cartwright.warehouse.release import cut as release_cut
from cartwright.warehouse.schemas import PUBLISHED
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.followup import DATASETS

SCREENED = "eligibility.screening"
_OF_RUNS = {"quality.check_result", "quality.failing_key"}


@dataclass(frozen=True)
class Table:
    """A table of the study's file as it is released. columns: name -> type; texts: column -> kind; comments: '' for the
    table itself or '."column"' -> comment; may_leave: condition on its rows `t`."""

    name: str
    columns: Mapping[str, str]
    texts: Mapping[str, str]
    comments: Mapping[str, str]
    may_leave: str

    def decides(self) -> list[object]:
        """What of it decides how a row is shown, whichever run it is."""
        return [self.name, list(self.columns.items()), sorted(self.texts.items()), sorted(self.comments.items())]


def published_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """'schema.table' of everything in the file of a study that a release carries, in order; of adam what it lists."""
    found = con.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = "
        "current_database() AND list_contains($1, table_schema) ORDER BY list_position($1, table_schema), table_name",
        [list(PUBLISHED)],
    ).fetchall()
    listed = {name for (name,) in con.execute("SELECT dataset FROM study.dataset").fetchall()}
    unasked = {f"adam.{name}" for name in DATASETS if name not in listed}
    return [table for (table,) in found if table not in unasked]


def described(
    con: duckdb.DuckDBPyConnection, texts: Mapping[str, Mapping[str, str]], run_ids: Sequence[str]
) -> list[Table]:
    """The tables of `texts` (table -> text column -> kind), with what of the runs `run_ids` may leave."""
    comments, found = _comments(con), []
    for name, kinds in texts.items():
        columns = {column: kind for column, kind, *_ in con.execute(f"DESCRIBE {name}").fetchall()}
        found.append(Table(name, columns, kinds, comments.get(name, {}), _may_leave(name, columns, run_ids)))
    return found


def _comments(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Table -> ('' for the table itself or '."column"') -> comment, of the study's file and of the hospital's."""
    found: dict[str, dict[str, str]] = {}
    for table, place, comment in con.execute("""
        SELECT schema_name || '.' || table_name, '', comment FROM duckdb_tables()
        WHERE NOT internal AND comment IS NOT NULL
        UNION ALL
        SELECT schema_name || '.' || table_name, '."' || column_name || '"', comment FROM duckdb_columns()
        WHERE NOT internal AND comment IS NOT NULL""").fetchall():
        found.setdefault(table, {})[place] = comment
    return found


def _may_leave(table: str, columns: Mapping[str, str], run_ids: Sequence[str]) -> str:
    """The condition that leaves out other runs, persons whom the study has not screened (rows of nobody stay), and what
    was known after its cut."""
    screened, conditions = f"(SELECT usubjid FROM {SCREENED})", release_cut.conditions(table, columns)
    if table in _OF_RUNS:
        conditions.append(f"t.run_id IN ({', '.join(map(quoted, run_ids))})")
    if "record_key" in columns:
        person = "coalesce(regexp_extract(t.record_key, '^CW-[0-9A-F]+'), '')"
        conditions.append(f"({person} = '' OR {person} IN {screened})")
    if "usubjid" in columns and table != SCREENED:
        conditions.append(f"(t.usubjid IS NULL OR t.usubjid IN {screened})")
    return " AND ".join(conditions) or "true"
