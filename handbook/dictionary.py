"""Every table and column that a release publishes, with what the project says of each: no second source.

Names, types and meanings are those of the release; units those that names tell; allowed values those of the tests of
dbt; lineage that which a night read from the compiled SQL.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cartwright.orchestration.dbt.declared_tests import table_of, tests
from cartwright.orchestration.dbt.manifest import hospital_project, manifest_path, read_manifest, study_project
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.export.dictionary import unit_of
from cartwright.warehouse.release.catalogue import Entry, catalogue
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.loader import read_study
from cartwright.warehouse.study.place import StudyPlace

Key = tuple[str, str]  # schema.table, column
Manifest = dict[str, Any]
# Where the rows of a schema come from that no SQL of sql/ makes.
WRITTEN_BY = {
    "study": "the study's folder: protocol, analysis plan and claims",
    "results": "the statistics (`analysis/`), of `adam`, `eligibility` and the plan in `study`",
    "quality": "the night itself, while it reads, builds and checks",
    "meta": "the night itself, when it begins",
}


@dataclass(frozen=True)
class Column:
    """`codes`: allowed values, or the list that has them; `sources`: the columns it is made of, one step back."""

    name: str
    type: str
    unit: str
    meaning: str
    codes: str
    sources: tuple[Key, ...]


@dataclass(frozen=True)
class Table:
    """`feeds`: tables of the hospital's feeds, each with how many of the columns go back to it."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    feeds: Mapping[str, int]

    @property
    def schema(self) -> str:
        return self.name.partition(".")[0]


def read_manifests(settings: Settings, place: StudyPlace) -> tuple[Manifest, Manifest]:
    """dbt's manifests of the hospital and of the study; the study's has the hospital's models, too."""
    study = study_project(settings, place, read_study(place.folder))
    return read_manifest(manifest_path(hospital_project(settings))), read_manifest(manifest_path(study))


def published(place: StudyPlace) -> list[Entry]:
    """The columns of the study's current release. Raises NoRelease before the first night."""
    with open_release(place.current_db) as con:
        return catalogue(con)


def described(
    entries: list[Entry], settings: Settings, place: StudyPlace, manifests: tuple[Manifest, Manifest]
) -> list[Table]:
    """The tables that the entries belong to, by name, with what the night that made them left beside."""
    codes = {key: values for manifest in manifests for key, values in _codes(manifest)}
    lineage = {
        key: sources
        for manifest, workshop in zip(manifests, (settings.restricted / "workshop", place.workshop), strict=True)
        for key, sources in _lineage(manifest, json.loads((workshop / "dbt" / "column_lineage.json").read_text()))
    }
    return [
        _table(f"{schema}.{table}", list(rows), codes, lineage)
        for (schema, table), rows in groupby(entries, lambda entry: (entry.schema, entry.table))
    ]


def _table(name: str, rows: list[Entry], codes: Mapping[Key, str], lineage: Mapping[Key, tuple[Key, ...]]) -> Table:
    names = [row.column for row in rows]
    columns = tuple(
        Column(
            row.column,
            row.sql_type,
            unit_of(row.column, names),
            row.column_comment or "",
            codes.get((name, row.column), ""),
            lineage.get((name, row.column), ()),
        )
        for row in rows
    )
    feeds = Counter(feed for each in names for feed in _feeds((name, each), lineage))
    return Table(
        name, rows[0].table_comment or "", columns, dict(sorted(feeds.items(), key=lambda one: (-one[1], one)))
    )


def _codes(manifest: Manifest) -> Iterator[tuple[Key, str]]:
    nodes = {**manifest["nodes"], **manifest["sources"]}
    for test in tests(manifest):
        if test.get("attached_node") in nodes and (column := test.get("column_name")):
            generic = test["test_metadata"]
            key = table_of(test["attached_node"], manifest), column.strip('"')
            if generic["name"] == "accepted_values":
                yield key, ", ".join(f"`{value}`" for value in generic["kwargs"]["values"])
            elif generic["name"] == "code_of_list":
                yield key, f"list `{generic['kwargs']['list_name']}`"


def _lineage(manifest: Manifest, read: Mapping[str, Any]) -> Iterator[tuple[Key, tuple[Key, ...]]]:
    for node_id, found in read.items():
        if node_id in manifest["nodes"]:
            table = table_of(node_id, manifest)
            for column, sources in found["sources"].items():
                yield (table, column), tuple((source, name) for source, name in sources)


def _feeds(start: Key, lineage: Mapping[Key, tuple[Key, ...]]) -> set[str]:
    """The feed tables behind a column, however many steps back."""
    seen, waiting = {start}, [start]
    while waiting:
        new = set(lineage.get(waiting.pop(), ())) - seen
        seen |= new
        waiting.extend(new)
    return {table.removeprefix("raw.") for table, _ in seen if table.startswith("raw.")}
