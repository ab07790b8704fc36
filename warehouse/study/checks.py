"""Checks of a study definition that need no data: names must exist, ids be unique, limits fit their kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from cartwright.warehouse.names import nearest, unknown
from cartwright.warehouse.schemas import PUBLISHED
from cartwright.warehouse.study.column_checks import column_problems
from cartwright.warehouse.study.definition import Checklist, Plan, Protocol
from cartwright.warehouse.study.followup_checks import followup_problems
from cartwright.warehouse.study.place import NO_NAMES
from cartwright.warehouse.study.subject_checks import LARGEST, duplicates, subject_problems
from cartwright.warehouse.yaml_file import Problem

REPORT_SECTIONS = ("summary", "methods", "data-quality", "provenance")  # of every report, whatever the plan
_TABLE = re.compile(rf"({'|'.join(PUBLISHED)})[.]\w+")
# Tables of results that an output could be called like.
RESULT_TABLES = ("at_risk", "analysis_member", "second_opinion", "claims_audit")


def protocol_problems(protocol: Protocol, own_endpoints: Collection[str]) -> Iterator[Problem]:
    """Everything wrong within the protocol that its shape does not show.

    own_endpoints: facts that models of the study's own give for its endpoints.
    """
    if protocol.study.study_id in NO_NAMES:
        what = f'"{protocol.study.study_id}" is no name for a study: tables are kept under it'
        yield ("study", "study_id"), what, "rename the study"
    yield from duplicates("criteria", [criterion.criterion_id for criterion in protocol.criteria])
    for name, codes in protocol.code_lists.items():
        for position, code in enumerate(codes):
            if code in codes[:position]:
                yield ("code_lists", name, position), f'"{code}" is listed twice', "remove one of them"
    for name, parameter in protocol.parameters.items():
        if isinstance(parameter.value, int | float) and not abs(parameter.value) <= LARGEST:
            yield ("parameters", name, "value"), f"{parameter.value} is no number to compare with", "correct the number"
    yield from subject_problems(protocol)
    yield from column_problems(protocol)
    yield from followup_problems(protocol, own_endpoints)


def plan_problems(plan: Plan) -> Iterator[Problem]:
    """Names in the analysis plan that it does not declare, or declares twice."""
    populations = {population.population for population in plan.populations}
    outputs = {output.output_id for output in plan.outputs}
    yield from duplicates("outputs", [output.output_id for output in plan.outputs])
    yield from _one_name_each(plan)
    yield from duplicates("analyses", [analysis.analysis_id for analysis in plan.analyses])
    for position, analysis in enumerate(plan.analyses):
        place = ("analyses", position)
        if analysis.output_id not in outputs:
            yield (*place, "output_id"), *unknown("output", analysis.output_id, outputs, "declare it")
        if analysis.population not in populations:
            yield (*place, "population"), *unknown("population", analysis.population, populations, "declare it")


def _one_name_each(plan: Plan) -> Iterator[Problem]:
    """An output is a table of its own beside those of results, by a name in which the dot is `_`."""
    taken = dict.fromkeys(RESULT_TABLES, "a table of results")
    for position, output in enumerate(plan.outputs):
        name = output.output_id.replace(".", "_")
        if taken.setdefault(name, output.output_id) != output.output_id:
            what = f'"{output.output_id}" and {taken[name]} are both called {name}'
            yield ("outputs", position, "output_id"), what, "give it another name"


def kind_of_place(name: str, plan: Plan) -> str | None:
    """What a checklist points at: `output`, `section` (of the report) or `table` (of the release); None: nothing."""
    if name in {output.output_id for output in plan.outputs}:
        return "output"
    if name in REPORT_SECTIONS:
        return "section"
    return "table" if _TABLE.fullmatch(name) else None


def checklist_problems(checklist: Checklist, plan: Plan, tables: Collection[str]) -> Iterator[Problem]:
    """Items that point at nothing the report or the release has. tables: those of the release, as schema.table; of
    schema results any is believed."""
    for position, item in enumerate(checklist.root):
        for number, name in enumerate(item.where):
            kind = kind_of_place(name, plan)
            if kind == "table" and name not in tables and not name.startswith("results."):
                near = nearest(name, tables)
                remedy = f'did you mean "{near}"?' if near else "name a table of the release"
                yield (position, "where", number), f'the release has no table "{name}"', remedy
            elif kind is None:
                remedy = f"name an output of the plan, a table as schema.table, or one of {', '.join(REPORT_SECTIONS)}"
                yield (position, "where", number), f'"{name}" is nowhere in the report or the release', remedy
