"""Builds the seeds and models of one side: the SQL that dbt compiled, run as it stands, two nodes at a time.

A night that touched some subjects only runs the same SQL for these (`touched.py`).

dbt parses, compiles, tests and documents the project. That its SQL is not run by `dbt build` saves a tenth of a
processor second a node, more than most queries take, and half of dbt's imports. Knows nothing of Dagster.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartwright.orchestration.dbt.manifest import PROJECT_DIR, Project, is_of_hospital, manifest_path, read_manifest
from cartwright.orchestration.dbt.touched import Touched
from cartwright.warehouse.built.scope import EVERYTHING, Scope
from cartwright.warehouse.connect import time_limit
from cartwright.warehouse.store_tables import quoted

if TYPE_CHECKING:
    import duckdb

Work = Callable[["duckdb.DuckDBPyConnection"], None]  # in a transaction, which it commits
THREADS = 2  # most tables are small, and a small query keeps one core busy


@dataclass
class Build:
    """What a build left behind: node ids that were built, that broke, that were skipped; seconds by node; the subjects
    of a build that was not of everything."""

    built: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()


def run_build(
    con: duckdb.DuckDBPyConnection,
    project: Project,
    select: Collection[str],
    words: Path,
    progress: Callable[[int], None] = lambda done: None,
    seconds: float = 0,
    scope: Scope = EVERYTHING,
) -> Build:
    """Build the seeds and models named in `select` (none: all of this side), parents first, as far as `scope` goes.

    con: the file of this side, open for writing. `progress` hears how many are done, one by one. A node that takes more
    than so many `seconds` (0: any) is ended and has broken. A node that breaks leaves its old table; those behind it
    are skipped. What the store says of it can quote data and goes to the file `words`, which lies in the restricted
    zone. Raises RuntimeError when sql/ does not compile, or wants what is not done here.
    """
    manifest = read_manifest(manifest_path(project))
    nodes = nodes_of(manifest, project, select)
    if undone := [line for node in nodes.values() for line in _undone(node)]:
        raise RuntimeError("\n".join(undone))
    for schema in sorted({node["schema"] for node in nodes.values()}):
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    words.parent.mkdir(parents=True, exist_ok=True)
    words.unlink(missing_ok=True)
    build, variables = Build(), json.loads(project.variables)
    if scope.is_nothing:  # each is as its parents ask for it
        build.built = list(_parents_first(nodes).static_order())
        build.seconds = dict.fromkeys(nodes, 0.0)
        return build
    touched = None if scope.subjects is None else Touched(con, manifest, nodes, scope)
    try:
        _run_all(con, nodes, build, words, progress, seconds, lambda node: _work(node, manifest, variables, touched))
    finally:
        if touched:
            touched.close()
            build.touched = frozenset(touched.subjects)
    return build


def _work(
    node: dict[str, Any], manifest: Mapping[str, Any], variables: Mapping[str, Any], touched: Touched | None
) -> Work:
    """What brings the table of a node up to date."""
    anew = list(_statements(node, manifest, variables))
    return partial(touched.build, node=node, anew=anew) if touched else partial(_make, anew)


def _parents_first(nodes: Mapping[str, dict[str, Any]]) -> TopologicalSorter[str]:
    return TopologicalSorter({name: nodes.keys() & node["depends_on"].get("nodes", []) for name, node in nodes.items()})


def _run_all(
    con: duckdb.DuckDBPyConnection,
    nodes: Mapping[str, dict[str, Any]],
    build: Build,
    words: Path,
    progress: Callable[[int], None],
    seconds: float,
    work_of: Callable[[dict[str, Any]], Work],
) -> None:
    order = _parents_first(nodes)
    order.prepare()
    running: dict[Future[str], str] = {}
    with ThreadPoolExecutor(THREADS) as threads:
        while order.is_active():
            for name in sorted(order.get_ready()):
                if {*build.broken, *build.skipped}.intersection(nodes[name]["depends_on"].get("nodes", [])):
                    build.skipped.append(name)
                    order.done(name)
                else:
                    running[threads.submit(_run, con.cursor(), work_of(nodes[name]), build, name, seconds)] = name
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(done)
                (build.broken if done.result() else build.built).append(name)
                if done.result():
                    with words.open("a", encoding="utf-8") as file:
                        file.write(f"{name}\n{done.result()}\n\n")
                order.done(name)
                progress(len(build.seconds))


def nodes_of(manifest: Mapping[str, Any], project: Project, select: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    is_hospital = project.hospital is None
    return {
        node_id: node
        for node_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
        and is_of_hospital(node) == is_hospital
        and (not select or node["name"] in select)
    }


def _undone(node: Mapping[str, Any]) -> Iterator[str]:
    """What dbt would do of a node's configuration and this program does not: nothing configured stays undone."""
    config, is_seed = node["config"], node["resource_type"] == "seed"
    asked = {
        "grants": config.get("grants"),
        "a pre-hook": config["pre-hook"],
        "a post-hook": not is_seed and config["post-hook"],
        f"materialized: {config['materialized']}": config["materialized"] not in ("table", "seed"),
    }
    for what, is_asked in asked.items():
        if is_asked:
            yield f"{node['name']}: {what} is not run by orchestration/dbt/build.py; take it out"


def _make(statements: list[str], con: duckdb.DuckDBPyConnection) -> None:
    for statement in statements:
        con.execute(statement)
    con.execute("COMMIT")


def _run(con: duckdb.DuckDBPyConnection, work: Work, build: Build, name: str, seconds: float) -> str:
    """Do the work of a node in one transaction, which it commits. Returns what the store says of what breaks."""
    import duckdb

    began = time.monotonic()
    try:
        con.execute("SET TimeZone = 'UTC'; BEGIN")  # the zone belongs to a cursor
        with time_limit(con, seconds):
            work(con)
        return ""
    except duckdb.Error as error:
        return str(error)
    finally:
        con.close()  # what was not committed is undone
        build.seconds[name] = time.monotonic() - began


def _statements(node: dict[str, Any], manifest: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[str]:
    """A table is replaced in place, its comments with it: the file is private to the night, nobody reads on."""
    table = node["relation_name"]
    yield f"DROP TABLE IF EXISTS {table}"
    if node["resource_type"] == "seed":
        yield f"CREATE TABLE {table} AS {_rows_of_seed(node)}"
        yield from _hooks(node, manifest)
        return
    yield f"CREATE TABLE {table} AS (\n{node['compiled_code']}\n)"
    comments = [f"COMMENT ON TABLE {table} IS {quoted(node['description'])}"] if node["description"] else []
    for column, text in _column_comments(node, variables):
        comments.append(f"COMMENT ON COLUMN {table}.{column} IS {quoted(text)}")
    if comments:
        yield ";".join(comments)


def _column_comments(node: dict[str, Any], variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A column that only some studies have says with which variable of the project (meta only_with)."""
    for column in node["columns"].values():
        only_with = column.get("config", {}).get("meta", {}).get("only_with")
        if column["description"] and (not only_with or variables.get(only_with, True)):
            yield column["name"], column["description"]
    yield from node["config"].get("meta", {}).get("column_comments", {}).items()


def _rows_of_seed(node: dict[str, Any]) -> str:
    """The rows of a file of standards: text, but for the columns whose type the project declares."""
    path = PROJECT_DIR / node["original_file_path"]
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    declared = node["config"]["column_types"]
    kinds = ", ".join(f"{quoted(name)}: {quoted(declared.get(name, 'varchar'))}" for name in columns)
    return (
        f"SELECT * FROM read_csv({quoted(str(path))}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{kinds}}})"
    )


class _This(str):
    """A relation as a hook knows it."""

    identifier: str


def _hooks(node: dict[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    """What the project does to a seed after its rows: its hooks, which dbt compiles only where it runs them itself."""
    from jinja2 import Template

    macros = "".join(manifest["macros"][name]["macro_sql"] for name in node["depends_on"]["macros"])
    this = _This(node["relation_name"])
    this.identifier = node["alias"]
    for hook in node["config"]["post-hook"]:
        yield Template(macros + hook["sql"]).render(this=this)
