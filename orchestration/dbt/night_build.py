"""The models of one side in a night: as much as tonight's inputs ask for, and a record of what they were built from.

Every step that builds all models of a side comes here; what builds some of them makes these anew and leaves no record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from pathlib import Path

import duckdb

from cartwright.orchestration.dbt.build import Build, nodes_of, run_build
from cartwright.orchestration.dbt.manifest import Project, manifest_path, read_manifest
from cartwright.orchestration.dbt.touched import tables_with_subject
from cartwright.warehouse.built import scope as built
from cartwright.warehouse.built.touched import is_of_patients
from cartwright.warehouse.settings import Settings


def build_all(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    project: Project,
    words: Path,
    progress: Callable[[int], None] = lambda done: None,
    seconds: float = 0,
    is_full: bool = False,
) -> tuple[Build, built.Scope]:
    """Build all models of one side (`run_build`), and say how much was built. is_full: everything, whatever came."""
    manifest = read_manifest(manifest_path(project))
    nodes = nodes_of(manifest, project)
    decides = built.fingerprint(settings, _sql(nodes))
    inputs = _inputs(con, manifest, nodes)
    is_hospital = project.hospital is None
    if is_full:
        scope = built.Scope("everything: it was asked for")
    elif not _are_there(con, nodes):
        scope = built.Scope("everything: nothing was built yet, or tables are missing")
    else:
        scope = (built.of_hospital if is_hospital else built.of_study)(con, settings, decides, inputs)
    built.begin(con, scope.is_nothing)
    build = run_build(con, project, [], words, progress, seconds, scope)
    if not build.broken and not build.skipped:
        if is_hospital:
            built.finish_hospital(con, decides, inputs, scope, build.touched)
        else:
            built.finish_study(con, decides, inputs)
    return build, scope


def build_some(
    con: duckdb.DuckDBPyConnection,
    project: Project,
    select: Collection[str],
    words: Path,
    progress: Callable[[int], None],
    seconds: float,
) -> tuple[Build, built.Scope]:
    """Build the models named in `select` anew. The next night builds everything: what stands behind them is older."""
    built.begin(con)
    if project.hospital is None:
        built.forget_nights(con)
    scope = built.Scope("only the tables that were asked for")
    return run_build(con, project, select, words, progress, seconds), scope


def _sql(nodes: dict) -> str:
    said = {name: [node.get("compiled_code"), node["description"]] for name, node in sorted(nodes.items())}
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _inputs(con: duckdb.DuckDBPyConnection, manifest: dict, nodes: dict) -> list[str]:
    """Tables without subjects that the models read and that are not among them. Records have deliveries instead."""
    known, with_subject = {**manifest["sources"], **manifest["nodes"]}, tables_with_subject(con)
    outside = {
        f"{known[parent]['schema']}.{known[parent].get('alias') or known[parent]['identifier']}"
        for node in nodes.values()
        for parent in node["depends_on"].get("nodes", [])
        if parent not in nodes
    }
    return sorted(
        table
        for table in outside - with_subject
        if not (table.startswith("raw.") and is_of_patients(table.removeprefix("raw.")))
    )


def _are_there(con: duckdb.DuckDBPyConnection, nodes: dict) -> bool:
    held = {
        table
        for (table,) in con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall()
    }
    return held.issuperset(f"{node['schema']}.{node['alias']}" for node in nodes.values())
