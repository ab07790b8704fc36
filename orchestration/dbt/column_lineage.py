"""Which upstream columns each column of a model comes from, read from its compiled SQL (cached)."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from cartwright.analysis.sharing import shared
from cartwright.orchestration.dbt.declared_tests import table_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

Sources = dict[str, list[list[str]]]  # column -> [[schema.table, column], ...]
_Query = tuple[str, dict[str, dict[str, str]]]  # SQL, the columns of its parents and their types


def column_lineage(
    con: duckdb.DuckDBPyConnection,
    manifest: dict[str, Any],
    nodes: Mapping[str, dict[str, Any]],
    cache_file: Path,
    beside: Executor,
) -> dict[str, Sources]:
    """Lineage by node id for every compiled model of `nodes`; the columns of its parents are those built.

    beside: another process to share the reading of new queries with.
    """
    cache = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    columns: dict[str, dict[str, str]] = {}
    for table, name, kind in con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database()"
    ).fetchall():
        columns.setdefault(table, {})[name] = kind
    queries: dict[str, tuple[str, _Query]] = {}
    for node_id, node in nodes.items():
        sql = node.get("compiled_code")
        if node["resource_type"] != "model" or not sql:
            continue
        parents = {
            parent: columns.get(parent, {}) for parent in (table_of(p, manifest) for p in node["depends_on"]["nodes"])
        }
        checksum = hashlib.md5(json.dumps([sql, parents]).encode(), usedforsecurity=False).hexdigest()
        queries[node_id] = checksum, (sql, parents)
    new = [node_id for node_id, (checksum, _) in queries.items() if cache.get(node_id, {}).get("checksum") != checksum]
    traced = shared([queries[node_id][1] for node_id in new], _trace, _trace, beside) if new else []
    for node_id, sources in zip(new, traced, strict=True):
        cache[node_id] = {"checksum": queries[node_id][0], "sources": sources}
    cache_file.write_text(json.dumps(cache))
    return {node_id: cache[node_id]["sources"] for node_id in queries}


def _trace(query: _Query) -> Sources:
    """Sources of every output column of one query; empty when sqlglot cannot read the query."""
    sql, parents = query
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
        tree = parse_one(sql, dialect="duckdb")
        for table_node in tree.find_all(exp.Table):
            table_node.set("catalog", None)  # dbt writes database.schema.table; the schema above has no database
        tree = qualify(tree, schema=schema, dialect="duckdb", validate_qualify_columns=False)
        if not isinstance(tree, exp.Query):
            return {}
        scope = build_scope(tree)
        ends = lineage(None, tree, schema, dialect="duckdb", scope=scope, trim_selects=False, copy=False)
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
