"""The whole dbt project in one parse, hospital and default study, as if one file held both: for tests of its SQL."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from cartwright.orchestration.dbt.manifest import Project, manifest_path, own_models, read_manifest
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.dbt_vars import dbt_vars
from cartwright.warehouse.study.loader import read_study
from cartwright.warehouse.study.own_sql import sql_digest

STUDY = Settings().studies[0]


@cache
def whole_manifest() -> dict[str, Any]:
    """Its manifest; relations are those of a database `warehouse`."""
    variables = {"study_sql": own_models(STUDY), **dbt_vars(read_study(STUDY))}
    return read_manifest(manifest_path(Project(Path("warehouse.duckdb"), json.dumps(variables), sql_digest(STUDY))))
