"""A printed figure against ours, part by part, at the printed precision."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from cartwright.analysis.audit.claims import Claim
from cartwright.analysis.audit.count_test import fits
from cartwright.analysis.audit.link import Link, printed_parts
from cartwright.analysis.audit.printed import Printed, printed

NOT_REACHED = ("NE", "NR")  # print writes either where a median or a limit is not reached
CLOSE_STEPS, CLOSE_SHARE = 2, 0.05  # close: at most two units of the last printed digit, or five per cent, apart


@dataclass(frozen=True)
class Part:
    """One cell of a claim. `steps`: units of the last printed digit between both; 0: equal, NaN: no distance."""

    name: str
    printed: str
    ours: float
    steps: float
    is_close: bool
    is_truncated: bool

    @property
    def is_equal(self) -> bool:
        return self.steps == 0


def compared(claim: Claim, ours: dict[str, float]) -> list[Part]:
    """The printed parts with our numbers beside them."""
    return [_part(claim, name, text, ours[name]) for name, text in printed_parts(claim).items()]


def distance(parts: list[Part]) -> float:
    """Of the part farthest away; NaN when one has no distance (a number against `not reached`)."""
    return max((part.steps if part.steps == part.steps else math.inf for part in parts), default=math.nan)


def equals_definition(claim: Claim, link: Link) -> bool:
    """A printed constant is that of the study definition: same number or text, its month, one of its list."""
    text = claim.value or f"{claim.ci_low}-{claim.ci_high}"
    number, ours = printed(text), link.definition_value
    if number is not None and printed(ours) is not None:
        return number.rounds(float(ours) * link.factor)
    is_its_month = re.fullmatch(r"\d{4}-\d{2}", text) is not None and ours.startswith(text)
    return is_its_month or text == ours or text in ours.split(";")


def printed_text(claim: Claim) -> str:
    """The claim in one line, as printed."""
    cells = printed_parts(claim)
    if "p_value" in cells:
        cells["p_value"] = claim.p_text
    return _line(cells)


def our_text(claim: Claim, ours: dict[str, float]) -> str:
    """Our answer in the same form, with two more digits where it is no whole number."""
    cells = {name: _written(name, text, ours[name]) for name, text in printed_parts(claim).items()}
    return _line(cells)


def _part(claim: Claim, name: str, text: str, ours: float) -> Part:
    number = printed(text)
    if number is None or math.isnan(ours):
        is_equal = text in NOT_REACHED and math.isnan(ours)
        return Part(name, text, ours, 0 if is_equal else math.nan, False, False)
    exact = Fraction(f"{ours:.12g}")  # a tie of decimals, such as 1.275, is one also after arithmetic in binary
    is_equal = fits(claim, exact) if name == "p_value" else number.rounds(exact)
    gap = abs(exact - number.exact)
    steps = 0 if is_equal else max(1, round(gap * 10**number.decimals))
    is_close = steps <= CLOSE_STEPS or gap <= Fraction(CLOSE_SHARE) * abs(number.exact)
    return Part(name, text, ours, steps, is_close, _is_truncated(claim, name, number, ours))


def _is_truncated(claim: Claim, name: str, number: Printed, ours: float) -> bool:
    is_bound = name == "p_value" and claim.p_operator != "="
    return not is_bound and number.truncates(ours)


def _written(name: str, text: str, ours: float) -> str:
    if math.isnan(ours):
        return "NE"
    if name == "p_value":
        return f"p = {ours:.3g}"
    if float(ours).is_integer():
        return str(int(ours))
    number = printed(text)
    return f"{ours:.{number.decimals + 2 if number else 2}f}"


def _line(cells: dict[str, str]) -> str:
    """`27.8 (15/54)`, `0.36 (0.22–0.59), p < 0.0001`, `41–60`."""
    inner = "–".join(cells[name] for name in ("ci_low", "ci_high") if name in cells)
    counts = "/".join(cells[name] for name in ("numerator", "denominator") if name in cells)
    value = cells.get("value", "")
    detail = ", ".join(filter(None, (inner, counts)))
    main = f"{value} ({detail})" if value and detail else value or detail
    return ", ".join(filter(None, (main, cells.get("p_value", ""))))
