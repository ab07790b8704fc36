"""JSON schemas of protocol and analysis plan for editors, by `python -m cartwright.warehouse.study.schema`.

They are made of the models that read the files; a test holds them to these. An editor with the YAML language server (as
VS Code's YAML extension) completes and underlines by the first line of a file, `# yaml-language-server: $schema=...`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cartwright.warehouse.study.definition import Checklist, Plan, Protocol
from cartwright.warehouse.study.fact_catalogue import fact_types

FOLDER = Path(__file__).parents[2] / "docs" / "schema"
MODELS: dict[str, type[BaseModel]] = {"protocol": Protocol, "analysis_plan": Plan, "checklist": Checklist}
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}


def schema(name: str) -> str:
    """The schema of a file as text. Facts of the catalogue are offered; a study's own may be named as well."""
    made = MODELS[name].model_json_schema(by_alias=True)
    for part in [made, *made.get("$defs", {}).values()]:
        fact = part.get("properties", {}).get("fact")
        if fact is not None and fact.get("type") == "string":
            words: dict[str, Any] = {key: fact[key] for key in ("title", "description") if key in fact}
            part["properties"]["fact"] = words | {"anyOf": [{"enum": sorted(fact_types())}, _NAME]}
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **made}, indent=1) + "\n"


def path_of(name: str) -> Path:
    """Where the schema of a file lies in the tree."""
    return FOLDER / f"{name}.schema.json"


if __name__ == "__main__":
    for each in MODELS:
        path_of(each).write_text(schema(each), encoding="utf-8")
