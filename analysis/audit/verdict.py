"""One verdict a claim: what arithmetic says of the print, joined with what our results say of it.

Precedence, first that holds:

incoherent      of the claims that a finding sets against each other, one that ours gives less well (equal, close, or
                neither) than the one in doubt; where there is none, the one in doubt, unless ours equals it
suspicious      a finding calls the figure improbable; our giving it shows that it is possible, not that it is likely
reproduced      every printed part equals ours at the printed precision. Such a claim cannot be incoherent: one set of
                patients has all figures that the finding sets against each other, by the methods named
rounding        a finding shows it truncated, and whatever is unequal is our value cut off
declared        a constant of the methods, equal to the study definition where that has one
close           every part within two units of the last printed digit, or within five per cent
differs         farther away, or unlike the study definition
not_computable  nothing answers it, with the reason

A finding about what stands beside a figure (a p or a cell missing from print, a method not named, a rule of entry not
followed) never decides on the figure: it is told with it.
"""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from cartwright.analysis.audit.answer import Answer, Results
from cartwright.analysis.audit.claims import Claim, Claims
from cartwright.analysis.audit.comparison import Part, compared, distance, equals_definition, our_text, printed_text
from cartwright.analysis.audit.finding import INCOHERENT, NOT_COMPUTABLE, ROUNDING, SUSPICIOUS
from cartwright.analysis.audit.link import DEFINITION, RESULT, Link, MapError, read_links
from cartwright.analysis.audit.run import audit
from cartwright.analysis.records import records

REPRODUCED, CLOSE, DIFFERS, DECLARED = "reproduced", "close", "differs", "declared"
MEANINGS = {  # as the page words them, in its order
    REPRODUCED: "ours prints the same",
    CLOSE: "at most two units of the last printed digit, or five per cent, apart",
    DIFFERS: "farther apart",
    DECLARED: "a constant of the methods, compared with the study definition where that has it",
    ROUNDING: "print cut digits off instead of rounding",
    SUSPICIOUS: "improbable by arithmetic, not impossible",
    INCOHERENT: "cannot be true together with other printed figures, and ours does not give it",
    NOT_COMPUTABLE: "nothing in the study answers it",
}
ORDER = tuple(MEANINGS)
BESIDE = frozenset({"entry_rule", "one_test"})  # and whatever finds something missing from print
COLUMNS = {
    "claim_id": "object",
    "section": "object",
    "quantity": "object",
    "printed": "object",
    "ours": "object",
    "method": "object",
    "verdict": "object",
    "distance": "float64",
    "is_calibration_target": "boolean",
    "calibration_stage": "object",
    "reason": "object",
    "findings": "object",
    "analysis_id": "object",
}


def audit_claims(
    claims: pd.DataFrame, claims_map: pd.DataFrame, ard: pd.DataFrame, statements: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row a claim (`COLUMNS`), in the order of the claims.

    claims, statements  as `audit` takes them
    claims_map          `link.COLUMNS`, one row a claim
    ard                 results of `cartwright.analysis.plan.run.compute`

    `distance` is that of the part farthest away, in units of its last printed digit (0: equal, empty: nothing
    compared, infinite: a number against `not reached`). Raises MapError naming every row of the map that does not
    belong to one claim, or points to nothing.
    """
    known = Claims(claims)
    links = read_links(claims_map, known)
    answers = _answers(known, links, Results(ard))
    parts = {c.id: compared(c, answers[c.id].parts) for c in known if c.id in answers and not answers[c.id].absent}
    findings = audit(claims, statements)
    standing = _standing(findings, {name: _misfit(found) for name, found in parts.items()})
    about = defaultdict(list)
    for row in records(findings):
        for name in row["claim_ids"].split():
            about[name].append(f"{row['check']} ({row['verdict']}): {row['arithmetic']}")
    rows = [
        _row(claim, links[claim.id], answers.get(claim.id), parts.get(claim.id), standing[claim.id], about[claim.id])
        for claim in known
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _answers(claims: Claims, links: dict[str, Link], results: Results) -> dict[str, Answer]:
    found, problems = {}, []
    for claim in claims:
        if links[claim.id].source == RESULT:
            try:
                found[claim.id] = results.answer(claim, links[claim.id])
            except MapError as error:
                problems.append(str(error))
    if problems:
        raise MapError("claims map: " + "; ".join(problems))
    return found


def _misfit(parts: list[Part]) -> int:
    """0: ours equals print, 1: close, 2: neither."""
    return max(0 if part.is_equal else 1 if part.is_close else 2 for part in parts)


def _standing(findings: pd.DataFrame, misfits: dict[str, int]) -> dict[str, dict[str, str]]:
    """Claim -> verdict -> arithmetic of the findings that decide about it, after our results have spoken."""
    standing: dict[str, dict[str, str]] = defaultdict(dict)
    for row in records(findings):
        verdict, in_doubt = row["verdict"], misfits.get(row["claim_id"], 2)
        if verdict == NOT_COMPUTABLE or row["check"] in BESIDE:
            continue
        guilty = [row["claim_id"]]
        if verdict == INCOHERENT:
            worse = [name for name in row["claim_ids"].split() if misfits.get(name, 2) > in_doubt]
            guilty = worse or (guilty if in_doubt else [])
        for name in guilty:
            standing[name].setdefault(verdict, row["arithmetic"])
    return standing


def _row(
    claim: Claim,
    link: Link,
    answer: Answer | None,
    parts: list[Part] | None,
    standing: dict[str, str],
    about: list[str],
) -> dict:
    verdict, reason = _decide(claim, link, answer, parts, standing)
    ours, method = "", ""
    if answer is not None and parts is not None:
        ours, method = our_text(claim, answer.parts), answer.method
    elif link.source == DEFINITION:
        ours, method = link.definition_value, "study definition" if link.definition else ""
    return {
        "claim_id": claim.id,
        "section": claim.section,
        "quantity": _quantity(claim),
        "printed": printed_text(claim),
        "ours": ours,
        "method": method,
        "verdict": verdict,
        "distance": math.nan if parts is None else distance(parts),
        "is_calibration_target": bool(link.calibration_stage),
        "calibration_stage": link.calibration_stage,
        "reason": reason,
        "findings": "\n".join(about),
        "analysis_id": link.analysis_id,
    }


def _decide(
    claim: Claim, link: Link, answer: Answer | None, parts: list[Part] | None, standing: dict[str, str]
) -> tuple[str, str]:
    for verdict in (INCOHERENT, SUSPICIOUS):
        if verdict in standing:
            return verdict, standing[verdict]
    unequal = [part for part in parts or [] if not part.is_equal]
    if parts is not None and not unequal:
        return REPRODUCED, link.note
    if ROUNDING in standing and all(part.is_truncated for part in unequal):
        return ROUNDING, standing[ROUNDING]
    if link.source == DEFINITION:
        return _declared(claim, link)
    if parts is None:
        return NOT_COMPUTABLE, answer.absent if answer else link.note
    apart = "; ".join(f"{part.name} {part.printed} against {part.ours:.5g}" for part in unequal)
    reason = "; ".join(filter(None, (apart, link.note)))
    return (CLOSE if all(part.is_close for part in unequal) else DIFFERS), reason


def _declared(claim: Claim, link: Link) -> tuple[str, str]:
    if not link.definition:
        return DECLARED, link.note
    place = f"{link.definition} = {link.definition_value}"
    return (DECLARED if equals_definition(claim, link) else DIFFERS), "; ".join(filter(None, (place, link.note)))


def _quantity(claim: Claim) -> str:
    """What is measured and in whom, in the words of the claims file."""
    what = " ".join(filter(None, (claim.endpoint, claim.variable, claim.level))) or claim.measure
    whom = claim.group + (f" v {claim.comparator}" if claim.comparator else "")
    return f"{what.replace('_', ' ')}, {claim.statistic.replace('_', ' ')} ({whom.replace('_', ' ')})"
