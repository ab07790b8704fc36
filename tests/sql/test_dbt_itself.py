"""dbt's own runner is the oracle of ours: it passes the same unit tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cartwright.orchestration.dbt.manifest import PROJECT_DIR, dbt_environment
from cartwright.warehouse.study.dbt_vars import dbt_vars
from cartwright.warehouse.study.loader import read_study
from cartwright.warehouse.study.own_sql import sql_folder
from sql_rules import Rules, input_name
from whole_project import STUDY

pytestmark = pytest.mark.slow


def dbt(command: str, project: Path, build_file: Path, *options: str) -> str:
    """What dbt says to a command on a project elsewhere, with our profile."""
    folders = {"project": project, "profiles": PROJECT_DIR, "target": project / "target", "log": project / "target"}
    named = [f"--{name}-{'path' if name in ('target', 'log') else 'dir'}={path}" for name, path in folders.items()]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), command, *named, *options],
        env={**os.environ, **dbt_environment(build_file)},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_every_unit_test_passes_by_dbt_itself(rules: Rules, tmp_path: Path) -> None:
    """Our runner is a hundred times faster; that it sees the same is dbt's to say."""
    file, project = tmp_path / "warehouse.duckdb", tmp_path / "project"
    rules.con.execute(f"ATTACH '{file}' AS whole; COPY FROM DATABASE warehouse TO whole; DETACH whole")
    shutil.copytree(PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(sql_folder(STUDY), project / "own")
    for path in project.rglob("*.yml"):
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(said.get("unit_tests"), list):
            said["unit_tests"] = [_completed(rules, test) for test in said["unit_tests"]]
            path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    variables = {"study_sql": "own", **dbt_vars(read_study(STUDY))}
    said_by_dbt = dbt("test", project, file, "--select", "test_type:unit", "--vars", json.dumps(variables))
    assert re.search(r"PASS=\d+ WARN=0 ERROR=0 SKIP=0", said_by_dbt), said_by_dbt[-3000:]
    results = json.loads((project / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    passed = [each for each in results if each["unique_id"].startswith("unit_test.") and each["status"] == "pass"]
    assert len(passed) == len(rules.unit_tests)


def _completed(rules: Rules, test: dict[str, Any]) -> dict[str, Any]:
    """The test with what ours leave unsaid: inputs without rows, columns without values, a seed as it is."""
    given = {input_name(part["input"]): part for part in test.get("given", [])}
    for name in rules.inputs[test["model"]]:
        reference = "source('{}', '{}')".format(*name.split(".")) if "." in name else f"ref('{name}')"
        part = given.setdefault(name, {"input": reference, "rows": "", "format": "sql"})
        if part.get("format") == "sql":
            table = f"SELECT * FROM {rules.relation[name]}"
            rows = f"FROM ({table} LIMIT 0) UNION ALL BY NAME ({part['rows']})" if part["rows"] else table
            given[name] = {**part, "rows": rows}
    rows = test["expect"]["rows"]
    names = list(dict.fromkeys(column for row in rows for column in row))
    expected = [dict.fromkeys(names) | row for row in rows]
    return {**test, "given": list(given.values()), "expect": {**test["expect"], "rows": expected}}
