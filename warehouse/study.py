"""The study loader: reads a study folder (protocol.yml and its plans), checks it, writes the schema `study`.

The plan may lie in several files, `analysis_plan.yml` and any other `*_plan.yml`: one plan in parts that stay readable.

Every mistake that can be seen without data (an unknown fact, a duplicate id, a limit that names no parameter, a wrong
type) stops the load with file, line, place and remedy: a night never runs on half a study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .study_checks import checklist_problems, plan_problems, protocol_problems
from .study_claims import TABLES as CLAIM_TABLES
from .study_claims import read_claims
from .study_definition import Checklist, Plan, Protocol, Study
from .study_parameters import missing_parameters, unread_parameters
from .study_tables import TABLES
from .yaml_file import Place, Problem, YamlFile

if TYPE_CHECKING:
    import duckdb

OWN_FOLDERS = ("facts", "items", "subject", "endpoints", "evidence")  # whose models the generic ones take in
PROTOCOL, PLAN, CHECKLIST = "protocol.yml", "analysis_plan.yml", "checklist.yml"


class StudyError(ValueError):
    """The study folder cannot be used; the message lists every problem with file, line, place and remedy."""


def read_study(study_dir: Path) -> Study:
    """Read and check a study folder.

    Raises StudyError naming every problem found as `file line N (place): what. Remedy: ...`.
    """
    own = own_models(study_dir)
    protocol_file = YamlFile(study_dir / PROTOCOL)
    protocol = protocol_file.parse(Protocol)
    plan_files = [YamlFile(path) for path in plan_paths(study_dir)]
    parts = [file.parse(Plan) for file in plan_files]
    claims: dict[str, list[dict[str, str]]] = {}
    listed = YamlFile(study_dir / CHECKLIST) if (study_dir / CHECKLIST).exists() else None  # a study may have none
    checklist = listed.parse(Checklist) if listed else Checklist([])
    files = [protocol_file, *plan_files, *([listed] if listed else [])]
    problems = [problem for file in files for problem in file.problems]
    if protocol is not None:
        found = [*protocol_problems(protocol, own["endpoints"]), *missing_parameters(protocol, study_dir)]
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
            problems += [protocol_file.describe(*problem) for problem in unread_parameters(protocol, study_dir, claims)]
    if problems:
        raise StudyError("\n".join(problems))
    return Study(protocol=protocol, plan=plan, claims=claims, checklist=checklist, own_models=own)


def own_models(study_dir: Path) -> dict[str, list[str]]:
    """The study's own models by the folder of its sql/ that they lie in; folders that generic models read: always."""
    found: dict[str, list[str]] = {folder: [] for folder in OWN_FOLDERS}
    for path in sorted((study_dir / "sql").glob("*/*.sql")):
        found.setdefault(path.parent.name, []).append(path.stem)
    return found


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


def _own_place(files: list[YamlFile], parts: list[Plan], place: Place) -> tuple[YamlFile, Place]:
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


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
