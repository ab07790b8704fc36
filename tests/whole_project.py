"""The whole dbt project in one parse, hospital and default study, as if one file held both: for tests of its SQL."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.manifest import Project, manifest_path, own_models, read_manifest
from warehouse.settings import Settings
from warehouse.study import read_study
from warehouse.study_sql import sql_digest
from warehouse.study_vars import dbt_vars

STUDY = Settings().studies[0]


@cache
def whole_manifest() -> dict[str, Any]:
    """Its manifest; relations are those of a database `warehouse`."""
    variables = {"study_sql": own_models(STUDY), **dbt_vars(read_study(STUDY))}
    return read_manifest(manifest_path(Project(Path("warehouse.duckdb"), json.dumps(variables), sql_digest(STUDY))))
