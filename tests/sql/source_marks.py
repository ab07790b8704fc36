"""The SQL as it is written, with a mark before each thing that can be changed, compiled: where each came to stand.

A mark is a comment (`/*@7*/`). Models and macros are marked in a copy of the project, Jinja and all, which dbt compiles
once; a comparison of a macro then stands under one mark in every model that the macro is used in.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlglot import tokenize
from sqlglot.tokens import TokenType

from cartwright.orchestration.dbt.manifest import COMPILED_DIR, PROJECT_DIR, dbt_environment, read_manifest
from cartwright.warehouse.study.dbt_vars import dbt_vars
from cartwright.warehouse.study.loader import read_study
from cartwright.warehouse.study.own_sql import sql_folder
from whole_project import STUDY

CHANGED = {TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE, TokenType.NUMBER, TokenType.BETWEEN}
MARK = re.compile(r"/\*@(\d+)\*/")
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_ARGUMENT = re.compile(r"(?<=, )-?\d+(?=\))")
_PATTERN = re.compile(r"match|set flag|range\(")  # tags in which a number is part of a pattern or counted with


@dataclass(frozen=True)
class Place:
    """Where a mark stands in the source: path in the checkout, line (from 1) and its words."""

    path: str
    line: int
    words: str


@dataclass(frozen=True)
class Marked:
    """Every marked place by its number, and the compiled SQL of each model with the marks in it."""

    places: dict[int, Place]
    models: dict[str, str]


def marked_project() -> Marked:
    """Models, macros and the default study's own models, marked and compiled. Raises RuntimeError with dbt's words."""
    places: dict[int, Place] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "sql"
        shutil.copytree(PROJECT_DIR, project, ignore=shutil.ignore_patterns(COMPILED_DIR.name, "logs"))
        shutil.copytree(sql_folder(STUDY), project / "own")
        for path in sorted(project.rglob("*.sql")):
            within = path.relative_to(project)
            own = within.parts[0] == "own"
            if own or within.parts[0] in ("models", "macros"):
                source = sql_folder(STUDY) / within.relative_to("own") if own else PROJECT_DIR / within
                name = source.resolve().relative_to(PROJECT_DIR.parent).as_posix()
                path.write_text(_marked(path.read_text(encoding="utf-8"), name, places), encoding="utf-8")
        nodes = _compiled(project)["nodes"].values()
    return Marked(places, {node["name"]: node["compiled_code"] for node in nodes if node["resource_type"] == "model"})


def without_marks(sql: str) -> str:
    """The text as it was."""
    return MARK.sub("", sql)


def _compiled(project: Path) -> dict:
    target = project / COMPILED_DIR.name
    variables = json.dumps({"study_sql": "own", **dbt_vars(read_study(STUDY))})
    folders = ["--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target]
    program = [Path(sys.executable).with_name("dbt"), "compile", "--quiet", "--no-populate-cache", "--vars", variables]
    environment = {**os.environ, **dbt_environment(project / "warehouse.duckdb")}
    done = subprocess.run([*program, *folders], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"dbt cannot compile the marked project:\n{done.stdout}{done.stderr}")
    return read_manifest(target / "manifest.json")


def _marked(text: str, path: str, places: dict[int, Place]) -> str:
    lines, marked = text.splitlines(), text
    for start, is_jinja_number in sorted(_starts(text), reverse=True):
        line = text.count("\n", 0, start)
        mark = f"/*@{len(places)}*/"
        places[len(places)] = Place(path, line + 1, " ".join(lines[line].split()))
        rest = marked[start:]
        if is_jinja_number:
            rest = re.sub(r"(-?)(\d+)", rf"'\1{mark}\2'", rest, count=1)
            mark = ""
        marked = marked[:start] + mark + rest
    return marked


def _starts(text: str) -> Iterator[tuple[int, bool]]:
    """Where something begins that can be changed, and whether it is a number of Jinja (marked, it becomes a string)."""
    outside = _JINJA.sub(lambda tag: (" " if tag[0][1] != "{" else "x") * len(tag[0]), text)
    yield from ((start, False) for start in _changed_tokens(outside))
    for tag in _JINJA.finditer(text):
        if tag[0].startswith("{#") or _PATTERN.search(tag[0]):
            continue
        for string in _STRING.finditer(tag[0]):
            inner = tag.start() + string.start() + 1
            yield from ((inner + start, False) for start in _changed_tokens(string[0][1:-1]))
        plain = _STRING.sub(lambda string: "_" * len(string[0]), tag[0])
        yield from ((tag.start() + number.start(), True) for number in _ARGUMENT.finditer(plain))


def _changed_tokens(sql: str) -> Iterator[int]:
    try:
        tokens = tokenize(sql, read="duckdb")
    except Exception:  # a piece of text in quotes that is not SQL
        return
    yield from (token.start for token in tokens if token.token_type in CHANGED)
