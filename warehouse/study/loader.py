"""The study loader: reads a study folder (protocol.yml and its plans), checks it, writes the schema `study`.

The plan may lie in several files, `analysis_plan.yml` and any other `*_plan.yml`: one plan in parts that stay readable.

Every mistake that can be seen without data (an unknown fact, a duplicate id, a limit that names no parameter, a wrong
type) is found, all of them at once, with file, line, place and remedy; a night never runs on half a study.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cartwright.warehouse.intake.contracts import load_codes
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.catalogue_checks import catalogue_problems
from cartwright.warehouse.study.checks import checklist_problems, plan_problems, protocol_problems
from cartwright.warehouse.study.claims import TABLES as CLAIM_TABLES
from cartwright.warehouse.study.claims import read_claims
from cartwright.warehouse.study.definition import Checklist, Plan, Protocol, Study
from cartwright.warehouse.study.own import own_models, own_problems
from cartwright.warehouse.study.own_sql import unreadable
from cartwright.warehouse.study.parameters import missing_parameters, unread_parameters
from cartwright.warehouse.study.release_tables import release_tables
from cartwright.warehouse.study.tables import TABLES
from cartwright.warehouse.study.unused import unused_in_plan, unused_in_protocol
from cartwright.warehouse.yaml_file import Defect, Place, Problem, YamlFile, distinct
from cartwright.warehouse.yaml_partly import Part

if TYPE_CHECKING:
    import duckdb

PROTOCOL, PLAN, CHECKLIST = "protocol.yml", "analysis_plan.yml", "checklist.yml"
# What says of a plan whether it can be executed; the program that executes it knows, not the store.
Judge = Callable[[Study], Iterable[Problem]]
# Where a section that must be there cannot be used: enough to check the others.
_STAND_IN: dict[str, Any] = {
    "study": {"study_id": "unread", "title": "", "data_cut_date": dt.date.max},
    "screening": {"anchor": "unread", "label": "", "fact": "birth", "pick": "first"},
    "time_zero": "unread",
    **{name: {} for name in ("parameters", "code_lists")},
    **{name: [] for name in ("items", "criteria", "endpoints")},
}
_NO_PLAN: dict[str, Any] = {"populations": [], "outputs": [], "analyses": []}


class StudyError(ValueError):
    """The study folder cannot be used; the message lists every defect, a line each."""


class Checked(NamedTuple):
    """A folder as it was read: without defects there is a study."""

    defects: list[Defect]
    study: Study | None


def read_study(
    study_dir: Path, judge: Judge | None = None, codes: Mapping[str, Collection[str]] | None = None
) -> Study:
    """Read and check a study folder. Raises StudyError naming every defect found."""
    found = check_folder(study_dir, judge, codes)
    if found.study is None:
        raise StudyError("\n".join(map(str, found.defects)))
    return found.study


def check_folder(
    study_dir: Path, judge: Judge | None = None, codes: Mapping[str, Collection[str]] | None = None
) -> Checked:
    """Every defect of a study folder that can be seen without data.

    judge: what the program that computes the plan has to say of it. codes: the hospital's code lists by name; default:
    those of the standard.
    """
    if unread := list(unreadable(study_dir)):
        return Checked(unread, None)
    own, codes = own_models(study_dir), load_codes() if codes is None else codes
    protocol = Part(YamlFile(study_dir / PROTOCOL), Protocol, _STAND_IN)
    parts = [Part(YamlFile(path), Plan, _NO_PLAN) for path in plan_paths(study_dir)]
    checklist_file = YamlFile(study_dir / CHECKLIST) if (study_dir / CHECKLIST).exists() else None  # it may have none
    checklist = checklist_file.parse(Checklist) if checklist_file else Checklist([])
    study = None
    files = [protocol.file, *(part.file for part in parts), *([checklist_file] if checklist_file else [])]
    defects = [defect for file in files for defect in file.problems]
    claims: dict[str, list[dict[str, str]]] = {}
    if protocol.value is not None:
        defects += protocol.describe(_protocol_problems(protocol.value, protocol.file.data, study_dir, own, codes))
    plans = [part.value for part in parts if part.value is not None]
    if len(plans) == len(parts):
        plan = _whole(plans)
        found = [*plan_problems(plan), *unused_in_plan(plan, [part.file.data for part in parts]), *_shared(plans)]
        if protocol.value is not None:
            study = Study(protocol=protocol.value, plan=plan, checklist=checklist or Checklist([]), own_models=own)
            found += judge(study) if judge else []
            claims, claim_defects = read_claims(study_dir, protocol.value, plan)
            defects += claim_defects if protocol.is_whole and all(part.is_whole for part in parts) else []
            said = protocol.file.data if isinstance(protocol.file.data, dict) else {}
            defects += protocol.describe(unread_parameters(protocol.value, said, study_dir, claims))
        defects += _in_their_files(parts, protocol.hurt, found)
        if checklist_file and checklist and protocol.value is not None:
            pointing = checklist_problems(checklist, plan, release_tables(protocol.value, own))
            defects += [checklist_file.describe(*problem) for problem in pointing]
    if defects or study is None:
        return Checked(distinct(defects), None)
    return Checked([], study.model_copy(update={"claims": claims}))


def _protocol_problems(
    protocol: Protocol,
    data: Any,
    study_dir: Path,
    own: dict[str, list[str]],
    codes: Mapping[str, Collection[str]],
) -> Iterator[Problem]:
    yield from protocol_problems(protocol, own["endpoints"])
    yield from catalogue_problems(protocol, codes)
    yield from own_problems(protocol, own, codes.get("own_lab_test", ()))
    yield from missing_parameters(protocol, study_dir)
    yield from unused_in_protocol(protocol, data if isinstance(data, dict) else {}, study_dir)


def plan_paths(study_dir: Path) -> list[Path]:
    """The files of the plan: analysis_plan.yml, which must exist, then its further parts by name."""
    main = study_dir / PLAN
    return [main, *sorted(path for path in study_dir.glob("*_plan.yml") if path != main)]


def _whole(parts: list[Plan]) -> Plan:
    return Plan(**{name: [row for part in parts for row in getattr(part, name)] for name in Plan.model_fields})


def _shared(parts: list[Plan]) -> Iterator[Problem]:
    """Conditions of one population in two files: the second would narrow, unseen, what the first declares."""
    position = 0
    seen: set[str] = set()
    for part in parts:
        for row in part.populations:
            if row.population in seen:
                remedy = "keep all its conditions in one file, or rename it"
                yield ("populations", position), f'"{row.population}" is declared in another file of the plan', remedy
            position += 1
        seen |= {row.population for row in part.populations}


def _in_their_files(parts: list[Part[Plan]], hurt: set[str], problems: Iterable[Problem]) -> Iterator[Defect]:
    """Problems of the whole plan, each at its place in its file."""
    hurt = hurt.union(*(part.hurt for part in parts))
    for place, what, remedy in problems:
        part, own_place = _own_place(parts, place)
        if not any(f'"{name}"' in what for name in hurt):
            yield from part.describe([(own_place, what, remedy)])


def _own_place(parts: list[Part[Plan]], place: Place) -> tuple[Part[Plan], Place]:
    """The part behind a place of the whole plan, and the place within it."""
    section, number, *rest = place
    left = int(number)  # rows of the parts before count as well
    for part in parts:
        if left < len(rows := getattr(part.value, str(section))):
            return part, (section, left, *rest)
        left -= len(rows)
    raise IndexError(place)


def load_study(
    con: duckdb.DuckDBPyConnection,
    study_dir: Path,
    judge: Judge | None = None,
    codes: Mapping[str, Collection[str]] | None = None,
) -> Study:
    """Replace the schema `study` by the study in `study_dir`; nothing is written when a check fails (StudyError)."""
    study = read_study(study_dir, judge, codes)
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
    con.execute(f"COMMENT ON TABLE study.{table} IS {quoted(description)}")
    for name, (_, text) in columns.items():
        con.execute(f'COMMENT ON COLUMN study.{table}."{name}" IS {quoted(text)}')
    if rows := list(rows):
        marks = f"({', '.join('?' * len(columns))})"  # one statement: row by row, hundreds of claims take seconds
        values = [row.get(name) for row in rows for name in columns]
        con.execute(f"INSERT INTO study.{table} VALUES {', '.join([marks] * len(rows))}", values)
