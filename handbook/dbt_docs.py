"""dbt's own pages, once for a version of the code: graph, SQL and tests of every model, in one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from cartwright.warehouse.settings import CHECKOUT
from handbook.dictionary import Manifest, Table

# What dbt itself replaces for `docs generate --static`, which would parse the project once more.
_PLACES = ('"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"')


def page(manifest: Manifest, tables: Sequence[Table]) -> str:
    """The page. manifest: of a study's side, which has the hospital's models, too; tables: what is known of columns."""
    text = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    for place, content in zip(_PLACES, (manifest, _catalogue(manifest, tables)), strict=True):
        if place not in text:
            raise ValueError(f"dbt's page has no {place} any more: see what `dbt docs generate --static` does")
        said = json.dumps(content).replace("</", "<\\/").replace(f"{CHECKOUT}/", "")  # no path of this machine
        text = text.replace(place, said)
    return text


def _catalogue(manifest: Manifest, tables: Sequence[Table]) -> dict[str, object]:
    """Names and types of the columns, as dbt would have asked the database for them."""
    known = {table.name: table for table in tables}
    nodes = {}
    for node_id, node in manifest["nodes"].items():
        if table := known.get(f"{node.get('schema')}.{node['name']}"):
            columns = {
                column.name: {"name": column.name, "type": column.type, "index": index, "comment": column.meaning}
                for index, column in enumerate(table.columns, start=1)
            }
            metadata = {"type": "BASE TABLE", "schema": table.schema, "name": node["name"], "comment": table.meaning}
            nodes[node_id] = {"metadata": metadata, "columns": columns, "stats": {}, "unique_id": node_id}
    return {"metadata": {}, "nodes": nodes, "sources": {}, "errors": None}
