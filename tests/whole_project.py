"""The whole dbt project in one parse, hospital and default study, as if one file held both: for tests of its SQL."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.manifest import PROJECT_DIR, Project, manifest_path, read_manifest
from warehouse.settings import Settings
from warehouse.study import read_study
from warehouse.study_sql import sql_digest, sql_folder
from warehouse.study_vars import dbt_vars

STUDY = Settings().studies[0]


@cache
def whole_manifest() -> dict[str, Any]:
    """Its manifest; relations are those of a database `warehouse`."""
    variables = {"study_sql": os.path.relpath(sql_folder(STUDY), PROJECT_DIR), **dbt_vars(read_study(STUDY))}
    return read_manifest(manifest_path(Project(Path("warehouse.duckdb"), json.dumps(variables), sql_digest(STUDY))))
