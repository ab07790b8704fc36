"""Checks of what a protocol says of its follow-up: facts are known, and what an endpoint needs is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cartwright.warehouse.intake.contracts import load_codes
from cartwright.warehouse.names import unknown
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.fact_catalogue import fact_types
from cartwright.warehouse.study.followup import (
    DATASETS,
    OF_EVERY_STUDY,
    OF_RESPONSES,
    OF_SAFETY,
    OF_VISITS,
    Endpoint,
    EndpointSource,
)
from cartwright.warehouse.study.subject import Limit
from cartwright.warehouse.study.subject_checks import DAYS, LONGEST_DAYS, duplicates, limit_problem
from cartwright.warehouse.yaml_file import Place, Problem

_CODES = {"death": "death_cause"}  # fact -> the code list of its value


def followup_problems(protocol: Protocol, own_endpoints: Collection[str]) -> Iterator[Problem]:
    """Everything wrong with responses, schedule, visits, datasets and endpoints that their shapes do not show.

    own_endpoints: facts that models of the study's own give for its endpoints.
    """
    yield from duplicates("endpoints", [endpoint.paramcd for endpoint in protocol.endpoints])
    yield from duplicates("visits", [visit.paramcd for visit in protocol.visits])
    yield from duplicates("datasets", protocol.datasets)
    yield from _named_days(protocol)
    yield from _declared_days(protocol)
    yield from _response(protocol)
    yield from _datasets(protocol)
    known = _known_facts(protocol)
    for name in sorted(known & set(own_endpoints)):
        what = f"the study's own model sql/endpoints/{name}.sql has the name of another fact"
        yield ("endpoints",), what, "rename the model"
    known |= set(own_endpoints)
    for number, endpoint in enumerate(protocol.endpoints):
        yield from _endpoint(protocol, ("endpoints", number), endpoint, known)


def _known_facts(protocol: Protocol) -> set[str]:
    anchors = {protocol.screening.anchor, *(anchor.anchor for anchor in protocol.anchors)}
    own = {fact.fact for fact in protocol.own_facts}
    return {*OF_EVERY_STUDY, *OF_RESPONSES, *anchors, *own, *fact_types()}


def _named_days(protocol: Protocol) -> Iterator[Problem]:
    """An endpoint that names such a fact would read both, the day and what follow-up derives."""
    places: list[tuple[Place, str]] = [(("screening",), protocol.screening.anchor)]
    places += [(("anchors", number), anchor.anchor) for number, anchor in enumerate(protocol.anchors)]
    for place, name in places:
        if name in {*OF_EVERY_STUDY, *OF_RESPONSES} and (name != "time_zero" or protocol.time_zero != name):
            yield (*place, "anchor"), f"{name!r} is what follow-up derives of every subject", "rename the anchor"


def _declared_days(protocol: Protocol) -> Iterator[Problem]:
    groups = set(protocol.groups.labels) or {"all"}
    for position, row in enumerate(protocol.schedule):
        if row.group_code is not None and row.group_code not in groups:
            what, remedy = unknown("group", row.group_code, groups, "none for all")
            yield ("schedule", position, "group_code"), what, remedy
        for limit in ("from_day", "to_day"):
            yield from limit_problem(protocol, ("schedule", position, limit), getattr(row, limit), DAYS)
        if row.from_day is None:
            yield ("schedule", position, "from_day"), "no day from which it holds", "give one; 0 is time zero"
        for limit, least in (("interval_days", 1), ("window_days", 0)):
            yield from _days_due(protocol, ("schedule", position, limit), getattr(row, limit), least)
    for position, visit in enumerate(protocol.visits):
        yield from _days_due(protocol, ("visits", position, "window_days"), visit.window_days, 0)
        if visit.day > LONGEST_DAYS:
            yield ("visits", position, "day"), f"{visit.day} days are more than anybody lives", "correct the number"
    if protocol.safety is not None:
        yield from _days_due(protocol, ("safety", "emergent_to_day"), protocol.safety.emergent_to_day, 0)


def _days_due(protocol: Protocol, place: Place, limit: Limit, least: int) -> Iterator[Problem]:
    """A number of days that must be there, and be so many at least."""
    yield from limit_problem(protocol, place, limit, DAYS)
    is_named = isinstance(limit, str) and limit in protocol.parameters
    value = protocol.parameters[str(limit)].value if is_named else limit
    if value is None:
        yield place, "there is no number of days", f"give one, from {least} on"
    elif isinstance(value, int) and value < least:
        where: Place = ("parameters", limit, "value") if isinstance(limit, str) else place
        yield where, f"{value} days cannot be, as {place[0]} read it", f"give days from {least} on"


def _response(protocol: Protocol) -> Iterator[Problem]:
    declared = protocol.response
    if declared is None:
        if protocol.visits:
            what = "visits tabulate responses, and the study declares none"
            yield ("visits",), what, "declare `response`, or drop them"
        return
    if declared.stable_from_day is None:
        what = "no day from which stable disease counts"
        yield ("response", "stable_from_day"), what, "give one; 0 counts it from time zero on"
    else:
        yield from _days_due(protocol, ("response", "stable_from_day"), declared.stable_from_day, 0)
    endpoints = {endpoint.paramcd for endpoint in protocol.endpoints}
    ending = declared.progression_endpoint
    if ending is not None and ending not in endpoints:
        yield ("response", "progression_endpoint"), *unknown("endpoint", ending, endpoints)


def _datasets(protocol: Protocol) -> Iterator[Problem]:
    for position, name in enumerate(protocol.datasets):
        place = ("datasets", position)
        if name not in DATASETS:
            yield place, *unknown("dataset", name, DATASETS, "drop it: adsl, adtte and adrs are always there")
        if name in OF_SAFETY and protocol.safety is None:
            yield place, f"{name} needs to know what is treatment-emergent", "declare `safety: {emergent_to_day: ...}`"
        if name in OF_VISITS and not protocol.visits:
            yield place, f"{name} tabulates visits, and the study declares none", "declare `visits`, or drop it"


def _endpoint(protocol: Protocol, place: Place, endpoint: Endpoint, known: set[str]) -> Iterator[Problem]:
    yield from _known(protocol, (*place, "start_fact"), endpoint.start_fact, known)
    if endpoint.entry_fact is not None:
        yield from _known(protocol, (*place, "entry_fact"), endpoint.entry_fact, known)
    if "assessment_gap" in (endpoint.start_fact, endpoint.entry_fact):
        yield place, "a gap in assessments ends observation and starts nothing", "name another fact"
    if (endpoint.interval_days is None) is not (endpoint.window_days is None):
        yield place, "an interval needs its window", "give interval_days and window_days, or neither"
    for limit, least in (("interval_days", 1), ("window_days", 0)):
        if (days := getattr(endpoint, limit)) is not None:
            yield from _days_due(protocol, (*place, limit), days, least)
    for position, source in enumerate(endpoint.sources):
        yield from _source(protocol, (*place, "sources", position), source, known)
        yield from _codes((*place, "sources", position), source)
        yield from _rest_of_restricted((*place, "sources", position), source, endpoint)
    if not {"event", "censor"} <= {source.role for source in endpoint.sources}:
        yield (*place, "sources"), "an endpoint needs an event and a censor", "add the missing source"
    if endpoint.interval_days is None and any(source.fact == "assessment_gap" for source in endpoint.sources):
        for group in sorted((set(protocol.groups.labels) or {"all"}) - set(_planned_throughout(protocol))):
            what = f'a gap in assessments cannot be judged in group "{group}"'
            remedy = "add a row from day 0 without to_day to the schedule, or give interval_days and window_days"
            yield place, what, remedy


def _known(protocol: Protocol, place: Place, fact: str, known: set[str]) -> Iterator[Problem]:
    if fact not in known:
        yield place, *unknown("fact", fact, known, "derive it in the study's sql/endpoints")
    elif fact in OF_RESPONSES and protocol.response is None:
        yield place, f'"{fact}" needs responses, and the study says nothing of them', "declare `response`"


def _source(protocol: Protocol, place: Place, source: EndpointSource, known: set[str]) -> Iterator[Problem]:
    yield from _known(protocol, (*place, "fact"), source.fact, known)
    if (source.cnsr is None) is not (source.role == "event"):
        yield place, "every end and censor has a cnsr, and no event has one", "give or drop cnsr"
    if source.evntcd is not None and source.role != "event":
        yield (*place, "evntcd"), "only an event has a code", "drop evntcd, or make it an event"
    if source.fact == "assessment_gap":
        if source.role != "end":
            yield (*place, "role"), "a gap in assessments ends observation", "write role: end"
        if source.codes or source.detail_codes:
            yield place, "a gap in assessments has no codes", "drop codes and detail_codes"


def _codes(place: Place, source: EndpointSource) -> Iterator[Problem]:
    """A misspelt cause would be nobody's."""
    if source.fact in _CODES:
        known = load_codes()[_CODES[source.fact]]
        for position, code in enumerate(source.codes):
            if code not in known:
                yield (*place, "codes", position), *unknown(f'code of "{source.fact}"', code, known)


def _rest_of_restricted(place: Place, source: EndpointSource, endpoint: Endpoint) -> Iterator[Problem]:
    """What a restricted event leaves out (other causes, and those that nobody knows) must not fall to 'event-free'."""
    is_restricted = bool(source.codes or source.detail_codes)
    if source.role != "event" or not is_restricted:
        return
    rest = (other for other in endpoint.sources if other.fact == source.fact)
    if not any(not other.codes and not other.detail_codes for other in rest):
        what = f'nothing says what any other "{source.fact}" is to this endpoint, or one without a code'
        remedy = f"add {{role: censor, fact: {source.fact}, cnsr: 2, description: ...}}, or an event without codes"
        yield place, what, remedy


def _planned_throughout(protocol: Protocol) -> Iterator[str]:
    """Groups with an assessment interval that holds from day 0 to the end."""
    groups = list(protocol.groups.labels) or ["all"]
    for row in protocol.schedule:
        named = protocol.parameters.get(row.from_day) if isinstance(row.from_day, str) else None
        starts = named.value if named else row.from_day
        if row.to_day is None and isinstance(starts, int) and starts <= 0:
            yield from groups if row.group_code is None else [row.group_code]
