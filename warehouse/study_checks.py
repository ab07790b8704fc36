"""Checks of a study definition that need no data: names must exist, ids be unique, limits fit their kind."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .study_definition import Checklist, Limit, Plan, Protocol
from .yaml_file import Place, Problem

# What SQL derives and a study may name. A study that needs more adds the fact in SQL, and here.
FACT_CATALOGUE = Path(__file__).parents[1] / "sql" / "seeds" / "study_fact.csv"
REPORT_SECTIONS = ("summary", "methods", "data-quality", "provenance")  # of every report, whatever the plan
_TABLE = re.compile(r"(adam|eligibility|mart|results|facts|sdtm|study|quality|meta)[.]\w+")


def _catalogue() -> dict[str, dict[str, str]]:
    """Facts that SQL derives: role -> fact -> value type."""
    facts: dict[str, dict[str, str]] = {}
    with FACT_CATALOGUE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            facts.setdefault(row["role"], {})[row["fact"]] = row["value_type"]
    return facts


def _duplicates(section: str, ids: list[Any]) -> Iterator[Problem]:
    for position, identifier in enumerate(ids):
        if identifier in ids[:position]:
            yield (section, position), f"{identifier!r} is declared twice", "rename or remove one of them"


def protocol_problems(protocol: Protocol) -> Iterator[Problem]:
    """Everything wrong within the protocol that its shape does not show."""
    catalogue = _catalogue()

    def unknown_fact(place: Place, role: str, fact: str) -> Iterator[Problem]:
        if fact not in catalogue[role]:
            known = ", ".join(sorted(catalogue[role]))
            remedy = f"use one of {known}; or derive it in SQL and list it in {FACT_CATALOGUE.name}"
            yield place, f"unknown fact {fact!r}", remedy

    def wrong_limit(place: Place, limit: Limit, types: type | tuple[type, ...], wanted: str) -> Iterator[Problem]:
        if isinstance(limit, str) and limit not in protocol.parameters:
            yield place, f"{limit!r} is no parameter", "declare it under parameters, or write the value"
            return
        value = protocol.parameters[limit].value if isinstance(limit, str) else limit
        if value is not None and (isinstance(value, bool) or not isinstance(value, types)):
            yield place, f"{value!r} is not {wanted}", f"give {wanted}"

    yield from _duplicates("criteria", [criterion.criterion_id for criterion in protocol.criteria])
    yield from _duplicates("group_rules", [rule.class_code for rule in protocol.group_rules])
    yield from _duplicates("baseline_items", [item.item for item in protocol.baseline_items])
    yield from _duplicates("endpoints", [endpoint.paramcd for endpoint in protocol.endpoints])
    yield from _duplicates("visits", [visit.paramcd for visit in protocol.visits])
    for name, codes in protocol.code_lists.items():
        for position, code in enumerate(codes):
            if code in codes[:position]:
                yield ("code_lists", name, position), f"{code!r} is listed twice", "remove one of them"

    for number, criterion in enumerate(protocol.criteria):
        for position, part in enumerate(criterion.parts):
            place = ("criteria", number, "parts", position)
            yield from unknown_fact((*place, "fact"), "criterion", part.fact)
            derived = catalogue["criterion"].get(part.fact, part.kind)
            if derived != part.kind:
                yield (*place, "kind"), f"{part.fact!r} is a {derived}, not a {part.kind}", f"write kind: {derived}"
            if (part.code_list is None) is (part.kind == "code"):
                yield place, "a code list belongs to kind code, and only there", "name a code list, or change the kind"
            if part.code_list is not None and part.code_list not in protocol.code_lists:
                yield (*place, "code_list"), f"unknown code list {part.code_list!r}", "declare it under code_lists"
            if (part.min is None and part.max is None) is (part.kind in ("number", "date")):
                yield place, "kinds number and date, and only they, have limits", "give min or max, or change the kind"
            types, wanted = (dt.date, "a date") if part.kind == "date" else ((int, float), "a number")
            for limit in ("min", "max"):
                yield from wrong_limit((*place, limit), getattr(part, limit), types, wanted)

    for position, rule in enumerate(protocol.group_rules):
        has_group, has_stratum = rule.group_code is not None, rule.stratum_code is not None
        if has_group is (rule.outside is not None) or has_group is not has_stratum:
            yield (
                ("group_rules", position),
                "a rule gives group and stratum, or says what is outside",
                "give one of both",
            )

    for position, item in enumerate(protocol.baseline_items):
        yield from unknown_fact(("baseline_items", position, "item"), "baseline", item.item)
        for limit in ("from_day", "to_day"):
            yield from wrong_limit(("baseline_items", position, limit), getattr(item, limit), int, "whole days")

    groups = {rule.group_code for rule in protocol.group_rules}
    for position, row in enumerate(protocol.schedule):
        if row.group_code not in groups:
            yield ("schedule", position, "group_code"), f"unknown group {row.group_code!r}", "use one of group_rules"
        for limit in ("from_day", "to_day", "interval_days", "window_days"):
            yield from wrong_limit(("schedule", position, limit), getattr(row, limit), int, "whole days")

    for position, visit in enumerate(protocol.visits):
        yield from wrong_limit(("visits", position, "window_days"), visit.window_days, int, "whole days")

    for number, endpoint in enumerate(protocol.endpoints):
        yield from unknown_fact(("endpoints", number, "start_fact"), "endpoint", endpoint.start_fact)
        if endpoint.entry_fact is not None:
            yield from unknown_fact(("endpoints", number, "entry_fact"), "endpoint", endpoint.entry_fact)
        if (endpoint.interval_days is None) is not (endpoint.window_days is None):
            yield (
                ("endpoints", number),
                "an interval needs its window",
                "give interval_days and window_days, or neither",
            )
        for limit in ("interval_days", "window_days"):
            yield from wrong_limit(("endpoints", number, limit), getattr(endpoint, limit), int, "whole days")
        for position, source in enumerate(endpoint.sources):
            place = ("endpoints", number, "sources", position)
            yield from unknown_fact((*place, "fact"), "endpoint", source.fact)
            if (source.cnsr is None) is not (source.role == "event"):
                yield place, "every end and censor has a cnsr, and no event has one", "give or drop cnsr"
        if not {"event", "censor"} <= {source.role for source in endpoint.sources}:
            yield ("endpoints", number, "sources"), "an endpoint needs an event and a censor", "add the missing source"
        ends_at_a_gap = any(source.fact == "assessment_gap" for source in endpoint.sources)
        if ends_at_a_gap and endpoint.interval_days is None:
            for group in sorted(groups - {None} - set(_planned_throughout(protocol))):
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
    yield from _duplicates("outputs", [output.output_id for output in plan.outputs])
    yield from _duplicates("analyses", [analysis.analysis_id for analysis in plan.analyses])
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
