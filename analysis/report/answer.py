"""The answer of a report in sentences, made from its results by rules: no p value, limits in every sentence.

A and B are the first and the second group of an analysis, in the order of the plan.

time to event  of two groups: the ratio of the output's headline Cox model, else of its first headline ratio.
               Both limits below 1: longer with A. Both above 1: shorter with A. Else (1 lies between the limits or is
               one of them): open, and the limits say how far either way. Without a ratio or a limit: cannot be judged.
               Of one group, or of more than two: medians only.
share          of two groups: the difference of the first variable. Both limits above 0: more often with A. Both below
               0: less often. Else: open. Without a difference or a limit: cannot be judged. Else: shares only.

What the results flag is said behind the sentence that it concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import NamedTuple

from cartwright.analysis.counted import counted
from cartwright.analysis.plan.definition import ALL, Level
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import is_known, number, percent

SENTENCES = 2  # of a plan that declares none


class Piece(NamedTuple):
    """Words of a sentence; with an analysis they are a number, and `source` is where it comes from."""

    text: str
    source: str = ""


Sentence = tuple[Piece, ...]


def outputs_answering(view: View) -> list[str]:
    """The outputs that give a sentence, in its order: those that the plan numbers, else what it marks as headline."""
    numbered = [output for output in view.outputs if output.get("answer") is not None]
    if numbered:
        return [output["output_id"] for output in sorted(numbered, key=lambda output: output["answer"])]
    for kind, most in (("km", SENTENCES), ("proportion", 1)):
        found = [output["output_id"] for output in view.outputs if _headline(view, output["output_id"], kind)]
        if found:
            return found[:most]
    return []


def answer(view: View) -> list[Sentence]:
    """One sentence an answering output, as far as the results have what it needs."""
    sentences = (_sentence(view, output_id) for output_id in outputs_answering(view))
    return [sentence for sentence in sentences if sentence]


def _sentence(view: View, output_id: str) -> Sentence:
    if curves := _headline(view, output_id, "km"):
        compared = [*_headline(view, output_id, "hr_cox"), *_headline(view, output_id)]
        return of_times(curves[0], next((shown for shown in compared if shown.one("hr")), None))
    if shares := _headline(view, output_id, "proportion"):
        return of_shares(shares[0])
    return ()


def _headline(view: View, output_id: str, kind: str | None = None) -> list[Shown]:
    return [
        shown
        for shown in view.of_output(output_id)
        if shown.options.get("headline") and kind in (None, shown.kind) and not shown.rows("not_computable")
    ]


def of_times(curves: Shown, compared: Shown | None) -> Sentence:
    """A time to event: medians by group, and of two groups their ratio."""
    what = _inside(curves.endpoint_name or curves.title)
    medians = [_median(curves, group) for group in curves.groups]
    if len(curves.groups) != 2 or compared is None or len(compared.groups) != 2:
        return _listed(f"Median {what}", curves.groups, medians)
    ratio, (one, other) = compared.due("hr"), (group.label for group in compared.groups)
    low, high = ratio.ci_low, ratio.ci_high
    size = f" ({counted(ratio.events, 'event')} in {counted(ratio.n, 'patient')})"
    both = _against(curves.groups, medians)
    if not (is_known(ratio.value) and is_known(low) and is_known(high)):
        start = Piece(f"Whether {what} differs between {one} and {other} cannot be judged: median ")
        return (start, *both, *_flagged([compared.due("hr")], "no ratio with limits could be estimated"))
    value, limits = Piece(number(ratio.value), compared.analysis_id), f"{number(low)} to {number(high)}"
    if high < 1 or low > 1:
        start = Piece(f"{_start(what)} was {'longer' if high < 1 else 'shorter'} with {one} than with {other}: median ")
        end = (Piece("; hazard ratio "), value, Piece(f", 95 % limits {limits}{size}"))
    else:
        start = Piece(f"It is open whether {what} is longer with {one} or with {other}: median ")
        far = f": from {number(low)}, longer with {one}, to {number(high)}, longer with {other}"
        end = (Piece("; hazard ratio "), value, Piece(f", and its 95 % limits reach to either side{far}{size}"))
    return (start, *both, *end, *_flagged([ratio]))


def of_shares(shown: Shown) -> Sentence:
    """A share: the first variable of the analysis by group, and of two groups their difference."""
    variable = shown.variables[0]
    at = {"variable": variable.name, "variable_level": variable.level}
    shares = [_share(shown, group, at) for group in shown.groups]
    what = _inside(variable.label)
    if len(shown.groups) != 2:
        return _listed(_start(what), shown.groups, shares)
    one, other = (group.label for group in shown.groups)
    both, difference = _against(shown.groups, shares), shown.one("difference", **at)
    low, high = (difference.ci_low, difference.ci_high) if difference else (None, None)
    if difference is None or not (is_known(difference.value) and is_known(low) and is_known(high)):
        start = Piece(f"Whether {what} differs between {one} and {other} cannot be judged: ")
        return (start, *both, *_flagged([difference], "no difference with limits could be estimated"))
    value = Piece(f"{percent(difference.value)} points", shown.analysis_id)
    limits = Piece(f", 95 % limits {percent(low)} to {percent(high)}")
    if low > 0 or high < 0:
        start = Piece(f"{_start(what)} was seen {'more' if low > 0 else 'less'} often with {one} than with {other}: ")
    else:
        start = Piece(f"It is open whether {what} is more frequent with {one} or with {other}: ")
    return (start, *both, Piece("; difference "), value, limits, *_flagged([difference]))


def _median(shown: Shown, group: Level) -> tuple[Piece, ...]:
    row = shown.due("median_survival_months", group_level=group.level)
    if not row.n:
        return (Piece("no patients", shown.analysis_id),)
    low, high = (number(limit, 1) if is_known(limit) else "not reached" for limit in (row.ci_low, row.ci_high))
    if not is_known(row.value):
        return (Piece("not reached", shown.analysis_id), Piece(f" ({counted(row.events, 'event')} in {row.n})"))
    return (Piece(f"{number(row.value, 1)} months", shown.analysis_id), Piece(f" (95 % limits {low} to {high})"))


def _share(shown: Shown, group: Level, at: dict[str, str | None]) -> tuple[Piece, ...]:
    count, share = (shown.one(name, group_level=group.level, **at) for name in ("count", "proportion"))
    if count is None or share is None or not share.n:
        return (Piece("nobody is rated", shown.analysis_id),)
    limits = f" (95 % limits {percent(share.ci_low)} to {percent(share.ci_high)})" if is_known(share.ci_low) else ""
    return (Piece(f"{number(count.value, 0)} of {count.n}, {percent(share.value)} %", shown.analysis_id), Piece(limits))


def _against(groups: Sequence[Level], values: Sequence[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    """The values of the two groups, in the order in which the sentence names them."""
    return (*values[0], Piece(" against "), *values[1])


def _listed(what: str, groups: Sequence[Level], values: Sequence[tuple[Piece, ...]]) -> Sentence:
    pieces: list[Piece] = [Piece(f"{what}: ")]
    for number_of, (group, value) in enumerate(zip(groups, values, strict=True)):
        pieces += [Piece("; ")] * (number_of > 0)
        pieces += [*value, *([] if group.level == ALL else [Piece(f" with {group.label}")])]
    return (*pieces, Piece("."))


def _flagged(rows: Iterable[SimpleNamespace | None], instead: str = "") -> tuple[Piece, ...]:
    """The end of a sentence, with what its results say against themselves."""
    said = "; ".join(row.flag for row in rows if row is not None and row.flag) or instead
    return (Piece(f"; {said}."),) if said else (Piece("."),)


def _inside(name: str) -> str:
    """A name within a sentence: small first letter, unless it is an abbreviation."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _start(name: str) -> str:
    return name[:1].upper() + name[1:]
