"""The models of a night for its touched subjects alone: the same SQL, reading the rows of these subjects only.

A database in memory, `touched`, has a view or a copy of every table that models read subjects from, under the same
names and with the rows of touched subjects alone. The compiled SQL of a model is pointed at it; what it gives takes the
place of the rows that the model's table holds of these subjects. Rows of nobody count as touched. What has no subject
is read whole.

A model that is made anew as a whole can differ for others, too: they are touched from there on.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import duckdb

from cartwright.warehouse.built.scope import Scope
from cartwright.warehouse.built.touched import bring_records, is_of_patients
from cartwright.warehouse.transaction import transaction

DATABASE = "touched"
OWN_MODELS = "target/own/"  # those that a study brings: nobody has proved of whom they read
_IS_TOUCHED = f"(usubjid IS NULL OR usubjid IN (SELECT usubjid FROM {DATABASE}.main.subject))"
_SUMS = "count(*) AS n, bit_xor(hash(t)) AS x, sum(hash(t)) AS s"


class Touched:
    """con: the file of one side; nodes: what is built there of `manifest`. Every table of theirs must exist."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], nodes: Mapping[str, Any], scope: Scope
    ) -> None:
        self.subjects: set[str] = set()
        self.changed = set(scope.changed)
        self._con, self._lock = con, threading.Lock()
        self._known = {**manifest["sources"], **manifest["nodes"]}
        self._with_subject = tables_with_subject(con)
        self._narrowed = self._narrowable(nodes)
        con.execute(f"ATTACH ':memory:' AS {DATABASE}")
        con.execute(f"CREATE TABLE {DATABASE}.main.subject (usubjid VARCHAR)")
        if self._reads_records:
            bring_records(con, DATABASE, [], is_first=True)
        for table, relation in sorted(self._narrowed.items()):
            if not table.startswith("raw."):
                con.execute(f"CREATE SCHEMA IF NOT EXISTS {DATABASE}.{table.partition('.')[0]}")
                con.execute(f"CREATE VIEW {DATABASE}.{table} AS SELECT * FROM {relation} WHERE {_IS_TOUCHED}")
        self._add(scope.subjects or ())

    def close(self) -> None:
        """Take the database away again; from here on only `subjects` can be asked."""
        self._con.execute(f"DETACH {DATABASE}")

    def build(self, con: duckdb.DuckDBPyConnection, node: Mapping[str, Any], anew: Iterable[str]) -> None:
        """Bring the table of a node up to date. anew: the statements that make it anew. con: a cursor, in a transaction
        that this ends."""
        if node["resource_type"] == "seed":  # its rows are the program's and the hospital's folder's
            con.execute("COMMIT")
        elif self._is_by_subject(node) and not self.changed.intersection(map(self._table, self._parents(node))):
            self._replace(con, node)
            con.execute("COMMIT")
        else:
            self._make_anew(con, node, anew)

    def _replace(self, con: duckdb.DuckDBPyConnection, node: Mapping[str, Any]) -> None:
        sql, table = node["compiled_code"], node["relation_name"]
        for parent in self._parents(node):
            name = self._table(parent)
            if relation := self._narrowed.get(name):
                schema, _, short = name.partition(".")
                sql = sql.replace(relation, f'"{DATABASE}"."{schema}"."{short}"')
        con.execute(f"DELETE FROM {table} WHERE {_IS_TOUCHED}")
        con.execute(f"INSERT INTO {table} SELECT * FROM (\n{sql}\n) AS made WHERE {_IS_TOUCHED}")

    def _make_anew(self, con: duckdb.DuckDBPyConnection, node: Mapping[str, Any], anew: Iterable[str]) -> None:
        """Make the table anew and see what is otherwise: for which subjects, or, without any, whether."""
        table, name = node["relation_name"], self._table(node)
        has_subject, key = name in self._with_subject, node["config"]["meta"].get("looked_up_by", [])
        by = "usubjid" if has_subject else f"to_json(row({', '.join(key)}))" if key else "0"
        con.execute(f"CREATE TEMP TABLE was AS SELECT {by} AS by_what, {_SUMS} FROM {table} AS t GROUP BY ALL")
        for statement in anew:
            con.execute(statement)
        con.execute(f"CREATE TEMP TABLE is_now AS SELECT {by} AS by_what, {_SUMS} FROM {table} AS t GROUP BY ALL")
        # What is looked up by a text differs only for who sent it: of a new text, or one that nobody sends any more, a
        # touched subject.
        how = "INNER" if key else "FULL"
        found = con.execute(f"""
            SELECT by_what FROM was {how} JOIN is_now USING (by_what)
            WHERE (was.n, was.x, was.s) IS DISTINCT FROM (is_now.n, is_now.x, is_now.s)""").fetchall()
        con.execute("DROP TABLE was; DROP TABLE is_now")
        con.execute("COMMIT")
        if has_subject:
            self._add({subject for (subject,) in found} - {None})
        elif found:
            self.changed.add(name)

    def _add(self, subjects: Collection[str]) -> None:
        """From here on these are touched as well."""
        with self._lock:
            new = sorted(set(subjects) - self.subjects)
            if not new:
                return
            con = self._con.cursor()
            with transaction(con):  # a model that runs meanwhile sees them with their records, or not at all
                con.execute(f"INSERT INTO {DATABASE}.main.subject SELECT unnest(?::VARCHAR[])", [new])
                if self._reads_records:
                    bring_records(con, DATABASE, new, is_first=False)
            con.close()
            self.subjects.update(new)

    def _narrowable(self, nodes: Mapping[str, Any]) -> dict[str, str]:
        """The tables, with their names in compiled SQL, of which models by subject read only the touched ones."""
        parents = [parent for node in nodes.values() if self._is_by_subject(node) for parent in self._parents(node)]
        return {
            table: parent["relation_name"]
            for parent in parents
            for table in [self._table(parent)]
            if table in self._with_subject or (table.startswith("raw.") and is_of_patients(table.removeprefix("raw.")))
        }

    @property
    def _reads_records(self) -> bool:
        return any(table.startswith("raw.") for table in self._narrowed)

    def _is_by_subject(self, node: Mapping[str, Any]) -> bool:
        return node["resource_type"] == "model" and self._table(node) in self._with_subject and not says_whole(node)

    def _parents(self, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [self._known[name] for name in node["depends_on"].get("nodes", [])]

    @staticmethod
    def _table(node: Mapping[str, Any]) -> str:
        return f"{node['schema']}.{node.get('alias') or node['identifier']}"


def says_whole(node: Mapping[str, Any]) -> bool:
    """Whether a model is always made anew as a whole although its rows have subjects: it says why, or a study brings
    it."""
    return "made_whole" in node["config"]["meta"] or node["original_file_path"].startswith(OWN_MODELS)


def tables_with_subject(con: duckdb.DuckDBPyConnection) -> set[str]:
    """schema.table of every table and view whose rows say whose they are."""
    found = con.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND column_name = 'usubjid'"
    )
    return {table for (table,) in found.fetchall()}
