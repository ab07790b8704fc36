"""Which upstream columns each column of a model comes from, read from its compiled SQL (cached)."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from cartwright.orchestration.dbt.declared_tests import table_of

Sources = dict[str, list[list[str]]]  # column -> [[schema.table, column], ...]


def column_lineage(
    con: duckdb.DuckDBPyConnection, manifest: dict[str, Any], nodes: Mapping[str, dict[str, Any]], cache_file: Path
) -> dict[str, Sources]:
    """Lineage by node id for every compiled model of `nodes`; the columns of its parents are those built."""
    cache = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    columns: dict[str, dict[str, str]] = {}
    for table, name, kind in con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database()"
    ).fetchall():
        columns.setdefault(table, {})[name] = kind
    found = {}
    for node_id, node in nodes.items():
        sql = node.get("compiled_code")
        if node["resource_type"] != "model" or not sql:
            continue
        parents = {
            parent: columns.get(parent, {}) for parent in (table_of(p, manifest) for p in node["depends_on"]["nodes"])
        }
        checksum = hashlib.md5(json.dumps([sql, parents]).encode(), usedforsecurity=False).hexdigest()
        if cache.get(node_id, {}).get("checksum") != checksum:
            cache[node_id] = {"checksum": checksum, "sources": _trace(sql, parents)}
        found[node_id] = cache[node_id]["sources"]
    cache_file.write_text(json.dumps(cache))
    return found


def _trace(sql: str, parents: Mapping[str, Mapping[str, str]]) -> Sources:
    """Sources of every output column of one query; empty when sqlglot cannot read the query."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema: dict[str, Any] = {}
    for table, kinds in parents.items():
        layer, _, name = table.partition(".")
        schema.setdefault(layer, {})[name] = dict(kinds)
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    sources: Sources = {}
    try:
        query = parse_one(sql, dialect="duckdb")
        for table_node in query.find_all(exp.Table):
            table_node.set("catalog", None)  # dbt writes database.schema.table; the schema above has no database
        query = qualify(query, schema=schema, dialect="duckdb", validate_qualify_columns=False)
        if not isinstance(query, exp.Query):
            return {}
        scope = build_scope(query)
        ends = lineage(None, query, schema, dialect="duckdb", scope=scope, trim_selects=False, copy=False)
        for name, end in ends.items():
            leaves = set()
            for step in end.walk():
                read = step.expression.find(exp.Table) if not step.downstream else None
                if read is not None and f"{read.db}.{read.name}" in parents:
                    leaves.add((f"{read.db}.{read.name}", step.name.rpartition(".")[2].strip('"')))
            sources[name] = [list(leaf) for leaf in sorted(leaves)]
    except (SqlglotError, KeyError, ValueError, AttributeError, RecursionError):
        return {}
    return sources
