"""What of a study a check is asked for (`for` in sql/checks): its endpoints, their pairs, its responses, its curves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.followup import Endpoint

Each = Literal[
    "endpoints",
    "endpoint_from_time_zero",
    "endpoints_from_time_zero",
    "wider_endpoint",
    "wider_endpoint_without_end",
    "responses",
    "curves",
    "headlines",
]
Words = dict[str, str]
_CURVES = ("km", "standardised")  # kinds of analysis that leave rows in results.curve
_HEADLINES = ("km", "logrank", "hr_cox")  # those that leave rows in results.second_opinion where they are headline


def each(name: Each | None, study: Study | None) -> Iterator[Words]:
    """The words of everything for which a check is asked: one set of words, one check.

    Without a name it is asked once. Every study has the words `screening`, the day of screening, and `endpoints`.
    """
    if study is None:
        yield from [{}] if name is None else []
        return
    protocol = study.protocol
    listed = {
        "screening": protocol.screening.label,
        "endpoints": ", ".join(endpoint.paramcd for endpoint in protocol.endpoints),
    }
    yield from (listed | words for words in _each(name, study))


def _each(name: Each | None, study: Study) -> Iterator[Words]:
    endpoints, analyses = study.protocol.endpoints, study.plan.analyses
    from_zero = [endpoint for endpoint in endpoints if endpoint.start_fact == "time_zero"]
    match name:
        case None:
            yield {}
        case "endpoints":
            yield from [{}] if endpoints else []
        case "endpoint_from_time_zero":
            yield from ({"paramcd": endpoint.paramcd} for endpoint in from_zero)
        case "endpoints_from_time_zero":
            yield from [{}] if from_zero else []
        case "wider_endpoint":
            yield from (_pair(*pair) for pair in _pairs(endpoints))
        case "wider_endpoint_without_end":
            yield from (_pair(*pair) for pair in _pairs(endpoints) if not _may_end(pair[0]))
        case "responses":
            yield from [{}] if study.protocol.response else []
        case "curves":
            yield from [{}] if any(analysis.kind in _CURVES for analysis in analyses) else []
        case "headlines":
            headline = (analysis for analysis in analyses if analysis.options.get("headline"))
            yield from [{}] if any(analysis.kind in _HEADLINES for analysis in headline) else []


def _pair(wider: Endpoint, narrower: Endpoint) -> Words:
    return {"wider": wider.paramcd, "narrower": narrower.paramcd}


def _pairs(endpoints: list[Endpoint]) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Two endpoints from one start of which whatever is an event of the second is one of the first."""
    for wider in endpoints:
        for narrower in endpoints:
            begins = [(endpoint.start_fact, endpoint.entry_fact) for endpoint in (wider, narrower)]
            if wider is not narrower and begins[0] == begins[1] and _events(narrower) < _events(wider):
                yield wider, narrower


def _events(endpoint: Endpoint) -> set[tuple]:
    sources = (source for source in endpoint.sources if source.role == "event")
    return {(source.fact, tuple(source.codes), tuple(source.detail_codes)) for source in sources}


def _may_end(endpoint: Endpoint) -> bool:
    """Whether observation may end before an event."""
    return any(source.role == "end" for source in endpoint.sources)
