"""The study loader: reads a study folder (protocol.yml and its plans), checks it, writes the schema `study`.

The plan may lie in several files, `analysis_plan.yml` and any other `*_plan.yml`: one plan in parts that stay readable.

Every mistake that can be seen without data (an unknown fact, a duplicate id, a limit that names no parameter, a wrong
type) stops the load with file, line, place and remedy: a night never runs on half a study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from .study_checks import Place, Problem, checklist_problems, plan_problems, protocol_problems
from .study_claims import TABLES as CLAIM_TABLES
from .study_claims import read_claims
from .study_definition import Checklist, Plan, Protocol, Study
from .study_parameters import missing_parameters, unread_parameters
from .study_tables import TABLES

if TYPE_CHECKING:
    import duckdb

Model = TypeVar("Model", bound=BaseModel)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser, ten times faster, where it was built
PROTOCOL, PLAN, CHECKLIST = "protocol.yml", "analysis_plan.yml", "checklist.yml"


class StudyError(ValueError):
    """The study folder cannot be used; the message lists every problem with file, line, place and remedy."""


def read_study(study_dir: Path) -> Study:
    """Read and check a study folder.

    Raises StudyError naming every problem found as `file line N (place): what. Remedy: ...`.
    """
    protocol_file = _File(study_dir / PROTOCOL)
    protocol = protocol_file.parse(Protocol)
    plan_files = [_File(path) for path in plan_paths(study_dir)]
    parts = [file.parse(Plan) for file in plan_files]
    claims: dict[str, list[dict[str, str]]] = {}
    listed = _File(study_dir / CHECKLIST) if (study_dir / CHECKLIST).exists() else None  # a study may have none
    checklist = listed.parse(Checklist) if listed else Checklist([])
    files = [protocol_file, *plan_files, *([listed] if listed else [])]
    problems = [problem for file in files for problem in file.problems]
    if protocol is not None:
        found = [*protocol_problems(protocol), *missing_parameters(protocol)]
        problems += [protocol_file.describe(*problem) for problem in found]
    if protocol is not None and None not in parts:
        plan = Plan(**{name: [row for part in parts for row in getattr(part, name)] for name in Plan.model_fields})
        for place, what, remedy in [*plan_problems(plan, protocol), *_shared_populations(parts)]:
            file, own_place = _own_place(plan_files, parts, place)
            problems.append(file.describe(own_place, what, remedy))
        if listed and checklist:
            problems += [listed.describe(*problem) for problem in checklist_problems(checklist, plan)]
        claims, claim_problems = read_claims(study_dir, protocol, plan)
        problems += claim_problems
        if not claim_problems:
            problems += [protocol_file.describe(*problem) for problem in unread_parameters(protocol, claims)]
    if problems:
        raise StudyError("\n".join(problems))
    return Study(protocol=protocol, plan=plan, claims=claims, checklist=checklist)


def plan_paths(study_dir: Path) -> list[Path]:
    """The files of the plan: analysis_plan.yml, which must exist, then its further parts by name."""
    main = study_dir / PLAN
    return [main, *sorted(path for path in study_dir.glob("*_plan.yml") if path != main)]


def _shared_populations(parts: list[Plan]) -> Iterator[Problem]:
    """Conditions of one population in two files: the second would narrow, unseen, what the first declares."""
    position, seen = 0, set()
    for part in parts:
        for row in part.populations:
            if row.population in seen:
                remedy = "keep all its conditions in one file, or rename it"
                yield ("populations", position), f"{row.population!r} is declared in another file of the plan", remedy
            position += 1
        seen |= {row.population for row in part.populations}


def _own_place(files: list[_File], parts: list[Plan], place: Place) -> tuple[_File, Place]:
    """The file behind a place of the whole plan, and the place within that file."""
    section, position, *rest = place
    for file, part in zip(files, parts, strict=True):
        if position < len(rows := getattr(part, section)):
            return file, (section, position, *rest)
        position -= len(rows)
    raise IndexError(place)


def load_study(con: duckdb.DuckDBPyConnection, study_dir: Path) -> Study:
    """Replace the schema `study` by the study in `study_dir`; nothing is written when a check fails (StudyError)."""
    study = read_study(study_dir)
    con.execute("CREATE SCHEMA IF NOT EXISTS study")
    for table, (description, columns, rows_of) in TABLES.items():
        _write(con, table, description, columns, rows_of(study))
    for table, (_, description, texts) in CLAIM_TABLES.items():
        columns = {name: ("VARCHAR", text) for name, text in texts.items()}
        _write(con, table, description, columns, study.claims[table])
    return study


def _write(
    con: duckdb.DuckDBPyConnection,
    table: str,
    description: str,
    columns: dict[str, tuple[str, str]],
    rows: Iterable[dict[str, Any]],
) -> None:
    """One table of schema study: `columns` maps a name to its SQL type and its meaning."""
    ddl = ", ".join(f'"{name}" {sql_type}' for name, (sql_type, _) in columns.items())
    con.execute(f"CREATE OR REPLACE TABLE study.{table} ({ddl})")
    con.execute(f"COMMENT ON TABLE study.{table} IS {_quoted(description)}")
    for name, (_, text) in columns.items():
        con.execute(f'COMMENT ON COLUMN study.{table}."{name}" IS {_quoted(text)}')
    if rows := list(rows):
        marks = f"({', '.join('?' * len(columns))})"  # one statement: row by row, hundreds of claims take seconds
        values = [row.get(name) for row in rows for name in columns]
        con.execute(f"INSERT INTO study.{table} VALUES {', '.join([marks] * len(rows))}", values)


class _File:
    """One YAML file: its data, and the line of every place in it."""

    def __init__(self, path: Path) -> None:
        self.path, self.root, self.problems = path, None, []
        try:
            text = path.read_text(encoding="utf-8")
            self.root = yaml.compose(text, Loader=_Loader)
            self.data = yaml.load(text, Loader=_Loader)
        except OSError:
            self.problems.append(f"{path.name}: cannot be read. Remedy: put the file into {path.parent}")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" line {mark.line + 1}" if mark else ""
            what = getattr(error, "problem", "not YAML")
            self.problems.append(f"{path.name}{line}: {what}. Remedy: correct the YAML")

    def parse(self, model: type[Model]) -> Model | None:
        if self.problems:
            return None
        self.problems += [self.describe(*problem) for problem in _duplicate_keys(self.root, ())]
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                remedy = "remove or rename the entry" if detail["type"] == "extra_forbidden" else "correct the entry"
                self.problems.append(self.describe(detail["loc"], detail["msg"], remedy))
            return None

    def describe(self, place: Place, what: str, remedy: str) -> str:
        where = ".".join(str(step) for step in place)
        return f"{self.path.name} line {self._line(place)} ({where}): {what}. Remedy: {remedy}"

    def _line(self, place: Place) -> int:
        node, line = self.root, self.root.start_mark.line
        for step in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                line = node.start_mark.line
            elif isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:  # a missing entry, or one taken from an anchor
                    break
                line, node = found[-1][0].start_mark.line, found[-1][1]
        return line + 1


def _duplicate_keys(node: yaml.Node | None, place: Place) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _duplicate_keys(child, (*place, position))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if key.value in seen:
                yield (*place, key.value), f"{key.value!r} is given twice", "keep one of them"
            seen.add(key.value)
            yield from _duplicate_keys(child, (*place, key.value))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
