"""The compiled SQL of the models in an empty warehouse, to be asked one at a time with small tables in and rows out.

What dbt's own runner does with a unit test in half a second each, done in milliseconds: inputs are tables of the real
columns and types, filled with the given rows (a column that is not given is empty), and the model's SQL reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import duckdb

from cartwright.orchestration.dbt.manifest import PROJECT_DIR
from cartwright.warehouse import store_tables as tables
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.study.loader import load_study
from whole_project import STUDY, whole_manifest

Given = Mapping[str, Iterable[Mapping[str, Any]] | str]  # input -> rows, or a query


class Rules:
    """Every model of the project by name. Inputs are named like models and seeds, sources `schema.table`."""

    def __init__(self) -> None:
        manifest = whole_manifest()
        nodes = {**manifest["nodes"], **manifest["sources"]}
        self.unit_tests = list(manifest["unit_tests"].values())
        self.relation = {_name(node): _relation(node) for node in nodes.values() if node["resource_type"] != "test"}
        self.models = {n["name"]: n["compiled_code"] for n in nodes.values() if n["resource_type"] == "model"}
        self.inputs = {
            node["name"]: [_name(nodes[key]) for key in node["depends_on"]["nodes"]]
            for node in nodes.values()
            if node["resource_type"] == "model"
        }
        self.con = duckdb.connect()
        self.con.execute("SET TimeZone = 'UTC'; ATTACH ':memory:' AS warehouse; USE warehouse")
        self._build_empty([node for node in nodes.values() if node["resource_type"] == "seed"])

    def ask(self, model: str, given: Given, sql: str | None = None) -> list[dict[str, Any]]:
        """Rows of the model for these inputs; inputs not given have no rows. `sql`: read instead of the model's."""
        relation = self._answer(model, given, sql)
        return _records(relation)

    def derive(self, models: Iterable[str], given: Given) -> list[dict[str, Any]]:
        """Rows of the last of `models`, each reading what those before it gave."""
        known = dict(given)
        for model in models:
            known[model] = self.ask(model, {name: known[name] for name in self.inputs[model] if name in known})
        return known[model]

    def failures(self, test: Mapping[str, Any], sql: str | None = None) -> list[str]:
        """What a declared unit test finds wrong: missing and unexpected rows (none: it passes)."""
        given = {input_name(part["input"]): part["rows"] for part in test["given"]}
        rows = test["expect"]["rows"]
        found = self._answer(test["model"], given, sql)
        columns = ", ".join(dict.fromkeys(name for row in rows for name in row)) if rows else "*"
        found.create("answer")
        self.con.execute("CREATE OR REPLACE TEMP TABLE expected AS SELECT * FROM answer LIMIT 0")
        self._fill("expected", rows)
        wrong = []
        for words, first, second in (("missing", "expected", "answer"), ("unexpected", "answer", "expected")):
            query = f"SELECT {columns} FROM {first} EXCEPT ALL SELECT {columns} FROM {second}"
            wrong += [f"{words}: {row}" for row in _records(self.con.sql(query))]
        self.con.execute("DROP TABLE answer")
        return wrong

    def tests_of(self, model: str) -> Iterator[dict[str, Any]]:
        """The unit tests declared for a model."""
        return (test for test in self.unit_tests if test["model"] == model)

    def _answer(self, model: str, given: Given, sql: str | None) -> duckdb.DuckDBPyRelation:
        query = self.models[model] if sql is None else sql
        for position, (name, rows) in enumerate(given.items()):
            table = f"given_{position}"
            empty = f"SELECT * FROM {self.relation[name]} LIMIT 0"
            source = f"FROM ({empty}) UNION ALL BY NAME ({rows})" if isinstance(rows, str) else empty
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {source}")
            if not isinstance(rows, str):
                self._fill(table, rows)
            query = query.replace(self.relation[name], f"temp.{table}")
        return self.con.sql(query)

    def _fill(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        rows = list(rows)
        names = list(dict.fromkeys(name for row in rows for name in row))
        if names:
            marks = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
            values = [row.get(name) for row in rows for name in names]
            self.con.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks}", values)

    def _build_empty(self, seeds: list[dict[str, Any]]) -> None:
        for statement in tables.creations():
            self.con.execute(statement)
        for contract in load_contracts().values():
            self.con.execute(contract.raw_ddl())
        load_study(self.con, STUDY)
        for schema in {relation.split(".")[1] for relation in self.relation.values()}:
            self.con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for seed in seeds:
            path, types = PROJECT_DIR / seed["original_file_path"], seed["config"].get("column_types")
            file = self.con.read_csv(str(path), header=True, dtype=types or None)
            file.create(_relation(seed))
        for model in TopologicalSorter(self.inputs).static_order():
            if model in self.models:
                self.con.execute(f"CREATE TABLE {self.relation[model]} AS FROM ({self.models[model]}) LIMIT 0")


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['source_name']}.{node['name']}" if node["resource_type"] == "source" else node["name"]


def _relation(node: Mapping[str, Any]) -> str:
    return f'"warehouse"."{node["schema"]}"."{node.get("alias") or node["name"]}"'


def input_name(reference: str) -> str:
    """ref('a') -> a; source('s', 't') -> s.t"""
    return ".".join(re.findall(r"'(\w+)'", reference))


def _records(relation: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
