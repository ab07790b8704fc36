"""Checks of a study definition that need no data: names must exist, ids be unique, limits fit their kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .study_definition import Checklist, Plan, Protocol
from .study_subject import Limit
from .study_subject_checks import DAYS, duplicates, limit_problem, subject_problems
from .yaml_file import Place, Problem

ENDPOINT_FACTS = (  # what eligibility.endpoint_fact derives
    *("time_zero", "cd19_failure", "treatment_decision", "first_response", "death", "imaging_pd", "clinical_pd"),
    *("last_alive", "new_therapy", "adequate_assessment", "assessment_gap"),
)
REPORT_SECTIONS = ("summary", "methods", "data-quality", "provenance")  # of every report, whatever the plan
_TABLE = re.compile(r"(adam|eligibility|mart|results|facts|sdtm|study|quality|meta)[.]\w+")


def protocol_problems(protocol: Protocol) -> Iterator[Problem]:
    """Everything wrong within the protocol that its shape does not show."""

    def unknown_fact(place: Place, fact: str) -> Iterator[Problem]:
        if fact not in ENDPOINT_FACTS:
            yield place, f"unknown fact {fact!r}", f"use one of {', '.join(ENDPOINT_FACTS)}"

    def wrong_days(place: Place, limit: Limit) -> Iterator[Problem]:
        return limit_problem(protocol, place, limit, DAYS)

    yield from duplicates("criteria", [criterion.criterion_id for criterion in protocol.criteria])
    yield from duplicates("endpoints", [endpoint.paramcd for endpoint in protocol.endpoints])
    yield from duplicates("visits", [visit.paramcd for visit in protocol.visits])
    for name, codes in protocol.code_lists.items():
        for position, code in enumerate(codes):
            if code in codes[:position]:
                yield ("code_lists", name, position), f"{code!r} is listed twice", "remove one of them"
    yield from subject_problems(protocol)

    groups = set(protocol.groups.labels) or {"all"}
    for position, row in enumerate(protocol.schedule):
        if row.group_code not in groups:
            yield ("schedule", position, "group_code"), f"unknown group {row.group_code!r}", "use one of the groups"
        for limit in ("from_day", "to_day", "interval_days", "window_days"):
            yield from wrong_days(("schedule", position, limit), getattr(row, limit))

    for position, visit in enumerate(protocol.visits):
        yield from wrong_days(("visits", position, "window_days"), visit.window_days)

    for number, endpoint in enumerate(protocol.endpoints):
        yield from unknown_fact(("endpoints", number, "start_fact"), endpoint.start_fact)
        if endpoint.entry_fact is not None:
            yield from unknown_fact(("endpoints", number, "entry_fact"), endpoint.entry_fact)
        if (endpoint.interval_days is None) is not (endpoint.window_days is None):
            yield (
                ("endpoints", number),
                "an interval needs its window",
                "give interval_days and window_days, or neither",
            )
        for limit in ("interval_days", "window_days"):
            yield from wrong_days(("endpoints", number, limit), getattr(endpoint, limit))
        for position, source in enumerate(endpoint.sources):
            place = ("endpoints", number, "sources", position)
            yield from unknown_fact((*place, "fact"), source.fact)
            if (source.cnsr is None) is not (source.role == "event"):
                yield place, "every end and censor has a cnsr, and no event has one", "give or drop cnsr"
        if not {"event", "censor"} <= {source.role for source in endpoint.sources}:
            yield ("endpoints", number, "sources"), "an endpoint needs an event and a censor", "add the missing source"
        ends_at_a_gap = any(source.fact == "assessment_gap" for source in endpoint.sources)
        if ends_at_a_gap and endpoint.interval_days is None:
            for group in sorted(groups - set(_planned_throughout(protocol))):
                what = f"a gap in assessments cannot be judged in group {group!r}"
                remedy = "add a row from day 0 without to_day to the schedule, or give interval_days and window_days"
                yield ("endpoints", number), what, remedy


def _planned_throughout(protocol: Protocol) -> Iterator[str]:
    """Groups with an assessment interval that holds from day 0 to the end."""
    for row in protocol.schedule:
        starts = protocol.parameters[row.from_day].value if row.from_day in protocol.parameters else row.from_day
        if row.to_day is None and isinstance(starts, int) and starts <= 0:
            yield row.group_code


def plan_problems(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    """Names in the analysis plan that neither it nor the protocol declares."""
    populations = {population.population for population in plan.populations}
    outputs = {output.output_id for output in plan.outputs}
    endpoints = {endpoint.paramcd for endpoint in protocol.endpoints}
    yield from duplicates("outputs", [output.output_id for output in plan.outputs])
    yield from duplicates("analyses", [analysis.analysis_id for analysis in plan.analyses])
    for position, analysis in enumerate(plan.analyses):
        place = ("analyses", position)
        if analysis.output_id not in outputs:
            yield (*place, "output_id"), f"unknown output {analysis.output_id!r}", "declare it under outputs"
        if analysis.population not in populations:
            yield (*place, "population"), f"unknown population {analysis.population!r}", "declare it under populations"
        # A lower-case endpoint is a yes/no column of adsl (a response), an upper-case one a parameter of adtte.
        if analysis.endpoint is not None and analysis.endpoint.isupper() and analysis.endpoint not in endpoints:
            yield (*place, "endpoint"), f"unknown endpoint {analysis.endpoint!r}", "declare it in the protocol"


def kind_of_place(name: str, plan: Plan) -> str | None:
    """What a checklist points at: `output`, `section` (of the report) or `table` (of the release); None: nothing."""
    if name in {output.output_id for output in plan.outputs}:
        return "output"
    if name in REPORT_SECTIONS:
        return "section"
    return "table" if _TABLE.fullmatch(name) else None


def checklist_problems(checklist: Checklist, plan: Plan) -> Iterator[Problem]:
    """Items that point at nothing the report or the release has."""
    for position, item in enumerate(checklist.root):
        for number, name in enumerate(item.where):
            if kind_of_place(name, plan) is None:
                remedy = f"name an output of the plan, a table as schema.table, or one of {', '.join(REPORT_SECTIONS)}"
                yield (position, "where", number), f"{name!r} is nowhere in the report or the release", remedy
