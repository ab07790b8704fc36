"""Checks of endpoints and responses: every included patient has them, and they agree with each other and the cut."""

from __future__ import annotations

from collections.abc import Iterator

from cartwright.expectations.check import Check
from cartwright.expectations.rule import CUT, PARAMETER, SUBJECT, rows_due, rule, unique
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.followup import Endpoint

ADTTE, ADRS, ADSL = "adam.adtte", "adam.adrs", "adam.adsl"
EVIDENCE = "the trace from a statistic to its evidence"


def checks(study: Study) -> list[Check]:
    """Times to event of every study, responses of a study that has them."""
    return [*_times(study), *(_responses(study) if study.protocol.response else [])]


def _times(study: Study) -> Iterator[Check]:
    endpoints = study.protocol.endpoints
    if not endpoints:
        return
    from_zero = [endpoint for endpoint in endpoints if endpoint.start_fact == "time_zero"]
    survival = f"{', '.join(endpoint.paramcd for endpoint in endpoints)}: curves, medians and hazard ratios"
    yield rows_due(ADTTE, "rows_due", "One row per analysed patient and endpoint")
    yield unique(ADTTE, PARAMETER, "A patient has one time per endpoint.")
    for endpoint in from_zero:
        yield rule(
            f"included_has_{endpoint.paramcd.lower()}",
            ADSL,
            "t.inclfl = 'Y' AND NOT EXISTS (SELECT 1 FROM adam.adtte AS e"
            f" WHERE e.usubjid = t.usubjid AND e.paramcd = '{endpoint.paramcd}')",
            SUBJECT,
            f"An included patient without {endpoint.paramcd} leaves the curve unseen and biases it.",
            endangers=f"{endpoint.paramcd}: curves, medians and hazard ratios",
        )
    yield rule(
        "date_within_follow_up",
        ADTTE,
        f"t.adt IS NULL OR t.startdt IS NULL OR t.adt < t.startdt OR t.adt > {CUT}",
        PARAMETER,
        "Follow-up goes from its start to the data cut; nothing later is known.",
        endangers=survival,
    )
    yield rule(
        "censoring_coded",
        ADTTE,
        "t.cnsr IS NULL OR t.cnsr NOT BETWEEN 0 AND 9",
        PARAMETER,
        "cnsr is 0 for an event and positive for a censoring; anything else turns one into the other.",
        endangers=survival,
    )
    yield rule(
        "durations_agree",
        ADTTE,
        "t.aval IS DISTINCT FROM t.adt - t.startdt + 1 OR t.duration_days IS DISTINCT FROM t.adt - t.startdt",
        PARAMETER,
        "aval counts the first day, duration_days does not; the statistics use the latter.",
        endangers=survival,
    )
    yield rule(
        "decision_described",
        ADTTE,
        "(t.cnsr = 0 AND t.evntdesc IS NULL) OR (t.cnsr > 0 AND t.cnsdtdsc IS NULL)",
        PARAMETER,
        "Each row says which rule made it an event or a censoring.",
        endangers=EVIDENCE,
    )
    yield rule(
        "event_has_evidence",
        ADTTE,
        "t.cnsr = 0 AND t.record_id IS NULL",
        PARAMETER,
        "An event without a source record cannot be audited.",
        endangers=EVIDENCE,
    )
    if from_zero:
        yield rule(
            "starts_at_time_zero",
            ADTTE,
            f"t.paramcd IN ({', '.join(repr(endpoint.paramcd) for endpoint in from_zero)})"
            " AND t.startdt IS DISTINCT FROM (SELECT a.time_zero_date FROM adam.adsl AS a WHERE a.usubjid = t.usubjid)",
            PARAMETER,
            "Groups compared from different starting points are not comparable.",
            endangers=survival,
        )
    for wider in endpoints:
        for narrower in endpoints:
            if _holds_all_events_of(wider, narrower):
                yield from _agree(wider, narrower)


def _holds_all_events_of(wider: Endpoint, narrower: Endpoint) -> bool:
    """Whether whatever is an event of one, from the same start, is an event of the other."""
    return (
        wider is not narrower
        and (wider.start_fact, wider.entry_fact) == (narrower.start_fact, narrower.entry_fact)
        and _events(narrower) < _events(wider)
    )


def _events(endpoint: Endpoint) -> set[tuple]:
    sources = (source for source in endpoint.sources if source.role == "event")
    return {(source.fact, tuple(source.codes), tuple(source.detail_codes)) for source in sources}


def _agree(wider: Endpoint, narrower: Endpoint) -> Iterator[Check]:
    a, b = wider.paramcd, narrower.paramcd
    other = f"(SELECT o.{{}} FROM adam.adtte AS o WHERE o.usubjid = t.usubjid AND o.paramcd = '{b}')"
    at_event = f"{other.format('cnsr')} = 0"
    yield rule(
        f"{a.lower()}_not_after_{b.lower()}",
        ADTTE,
        f"t.paramcd = '{a}' AND {at_event} AND t.adt > {other.format('adt')}",
        PARAMETER,
        f"Every event of {b} is one of {a}, so {a} cannot end later.",
        endangers=f"{a}: curves, medians and hazard ratios",
    )
    if not any(source.role == "end" for source in wider.sources):  # else observation may have ended before
        yield rule(
            f"event_of_{b.lower()}_is_event_of_{a.lower()}",
            ADTTE,
            f"t.paramcd = '{a}' AND t.cnsr > 0 AND {at_event}",
            PARAMETER,
            f"Every event of {b} is one of {a} by the protocol.",
            endangers=f"{a}: curves, medians and hazard ratios",
        )


def _responses(study: Study) -> list[Check]:
    coded = "t.{} NOT IN ('CR', 'PR', 'SD', 'PD', 'NE')"
    rates = "rates of response"
    return [
        rule(
            "best_response_coded",
            ADSL,
            coded.format("best_response_code"),
            SUBJECT,
            "A response outside the categories drops out of the rates.",
            endangers=rates,
        ),
        rule(
            "responder_agrees",
            ADSL,
            "(t.is_responder AND t.best_response_code NOT IN ('CR', 'PR'))"
            " OR (t.is_complete_responder AND t.best_response_code <> 'CR')"
            " OR (NOT t.is_responder AND t.best_response_code IN ('CR', 'PR'))",
            SUBJECT,
            "Response is CR or PR, complete response CR, by definition.",
            endangers=rates,
        ),
        rule(
            "response_coded",
            ADRS,
            # An unrated patient has no best response; every time point has one.
            f"(t.paramcd = 'OVRLRESP' AND t.avalc IS NULL) OR {coded.format('avalc')}",
            PARAMETER,
            "A response outside the categories drops out of the rates.",
            endangers=rates,
        ),
        rule(
            "date_by_cut",
            ADRS,
            f"t.adt > {CUT}",
            PARAMETER,
            "Nothing dated after the data cut counts.",
            endangers=rates,
        ),
        rule(
            "best_agrees",
            ADSL,
            "t.inclfl = 'Y' AND t.best_response_code IS DISTINCT FROM (SELECT any_value(r.avalc) FROM adam.adrs AS r"
            " WHERE r.usubjid = t.usubjid AND r.paramcd = 'BOR')",
            SUBJECT,
            "ADSL and ADRS must tell one best response.",
            endangers=rates,
        ),
    ]
