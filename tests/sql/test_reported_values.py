"""What a reported text means as a number, against a second reading of the same rules: a scanner in exact decimals.

Texts are put together from what laboratories write (comparator, number, power, mark, unit) and from anything at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql_rules import Rules

pytestmark = pytest.mark.slow
SEARCH = settings(max_examples=60, deadline=None, derandomize=True, database=None)
MARKS = ("HH", "H", "LL", "L", "AA", "A", "N", "High", "high", "HIGH", "Low", "low", "LOW", "***", "**", "*", "!", "#")
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
REMARK, UNREADABLE = "value_not_numeric", "value_unreadable"
AMBIGUOUS, OUT_OF_RANGE = "value_ambiguous", "value_out_of_range"


@dataclass(frozen=True)
class Expected:
    comparator: str | None
    number: Decimal | None
    unit: str | None
    problem: str | None


def nothing(problem: str) -> Expected:
    return Expected(None, None, None, problem)


def scan(text: str) -> Expected:
    """The text read sign by sign."""
    signs = {**{chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}, "\u3000": " ", "\u00a0": " ", "−": "-", "’": "'"}
    for sign, two in (("≤", "<="), ("≥", ">=")):
        text = text.replace(sign, two)
    text = "".join(signs.get(sign, sign) for sign in text).strip(" ")
    comparator, rest = _comparator(text)
    if rest.startswith("-") and rest[1:].lstrip()[:1] in tuple("0123456789.,"):
        return nothing(OUT_OF_RANGE)
    if not any(sign in "0123456789" for sign in text):
        return nothing(REMARK)
    mantissa = _mantissa(rest)
    exponent, tail = _power(mantissa, rest[len(mantissa) :])
    unit = _without_mark(tail.strip(" "))
    if not mantissa or (unit and not (unit[0].isascii() and unit[0].isalpha()) and unit[0] not in "µμ%/[{"):
        return nothing(UNREADABLE)
    plain = "1" if mantissa == "10" and exponent is not None and _is_pure_power(rest[2:]) else _plain(mantissa)
    if plain in (AMBIGUOUS, UNREADABLE):
        return nothing(plain)
    number = Decimal(plain).scaleb(max(-9999, min(9999, exponent or 0)))
    if number >= Decimal(10) ** 12 or (number == 0 and comparator in ("<", "<=")):
        return nothing(OUT_OF_RANGE)
    if number != 0 and float(number) == 0:
        return nothing(OUT_OF_RANGE)
    return Expected(comparator, number, unit or None, None)


def _comparator(text: str) -> tuple[str, str]:
    first, after = text[:1], text[1:].lstrip()
    if first in ("<", ">") and after[:1] == "=":
        return first + "=", after[1:].strip(" ")
    if first == "=" and after[:1] in ("<", ">"):
        return after[0] + "=", after[1:].strip(" ")
    if first in ("<", ">", "="):
        return first, text[1:].strip(" ")
    return "=", text


def _mantissa(rest: str) -> str:
    """Digits with points, commas and apostrophes between them; one point may end it, one mark may begin it."""
    if rest[:1] in (".", ",") and rest[:1]:
        digits = "".join(takewhile(lambda sign: sign in "0123456789", rest[1:]))
        return rest[0] + digits if digits else ""
    run = "".join(takewhile(lambda sign: sign in "0123456789.,'", rest))
    kept = run.rstrip(".,'")
    return kept + "." if run[len(kept) : len(kept) + 1] == "." else kept


def _power(mantissa: str, after: str) -> tuple[int | None, str]:
    if not mantissa:
        return None, after
    if after[:1] in ("e", "E"):
        digits, tail = _integer(after[1:])
        return (int(digits), tail) if digits else (None, after)
    bare = after.lstrip()
    if bare[:1] in tuple("xX×*·") and bare[1:].lstrip().startswith("10"):
        power, tail = _exponent(bare[1:].lstrip()[2:], letters=True)
        if power is not None:
            return power, tail
    if mantissa == "10":
        power, tail = _exponent(after, letters=False)
        if power is not None:
            return power, tail
    return None, after


def _exponent(text: str, letters: bool) -> tuple[int | None, str]:
    raised = "".join(takewhile(lambda sign: sign in SUPERSCRIPTS, text))
    if raised:
        return int("".join(str(SUPERSCRIPTS.index(sign)) for sign in raised)), text[len(raised) :]
    bare = text.lstrip()
    for mark in ("**", "*", "^", *(("e", "E") if letters else ())):
        if bare.startswith(mark):
            digits, tail = _integer(bare[len(mark) :].lstrip())
            if digits:
                return int(digits), tail
    return None, text


def _is_pure_power(after: str) -> bool:
    return _exponent(after, letters=False)[0] is not None


def _integer(text: str) -> tuple[str, str]:
    sign = text[:1] if text[:1] in ("+", "-") else ""
    digits = "".join(takewhile(lambda char: char in "0123456789", text[len(sign) :]))
    return (sign + digits, text[len(sign) + len(digits) :]) if digits else ("", text)


def _without_mark(tail: str) -> str:
    for mark in MARKS:
        for shown in (mark, f"({mark})", f"[{mark}]"):
            if tail == shown:
                return ""
            if tail.endswith(" " + shown):
                return tail[: -len(shown) - 1].strip(" ")
    return tail


def _plain(mantissa: str) -> str:
    """The number with a decimal point only, or why it is none."""
    marks = [sign for sign in mantissa if sign in ".,'"]
    if not marks or marks == ["."]:
        return "0" + mantissa + "0" if mantissa.endswith(".") else "0" + mantissa
    *groups, last = mantissa.replace(",", ".").replace("'", ".").split(".")
    thousands = len(groups[0]) <= 3 and groups[0][:1] not in ("", "0") and all(len(part) == 3 for part in groups[1:])
    separators, decimal = set(marks[:-1]), marks[-1]
    whole = len(last) == 3 and thousands
    if marks == [","]:
        return AMBIGUOUS if whole else f"0{groups[0]}.{last}"
    if whole and len(set(marks)) == 1 and (len(marks) > 1 or marks == ["'"]):
        return "".join((*groups, last))
    if thousands and last and len(separators) == 1 and decimal not in separators and decimal != "'":
        return f"{''.join(groups)}.{last}"
    return UNREADABLE


digits = st.text("0123456789", min_size=1, max_size=4)
number = st.one_of(
    digits,
    st.tuples(digits, st.sampled_from(".,'"), digits).map("".join),
    st.lists(st.sampled_from(["1", "12", "123", "000", "456", "0"]), min_size=2, max_size=4).flatmap(
        lambda parts: st.lists(st.sampled_from(".,'"), min_size=len(parts) - 1, max_size=len(parts) - 1).map(
            lambda marks: parts[0] + "".join(mark + part for mark, part in zip(marks, parts[1:], strict=True))
        )
    ),
    st.sampled_from(["10", "5.", ".5", ",5", "５．５", "0", "999999999999", "1000000000000"]),
)
text = st.one_of(
    st.tuples(
        st.sampled_from(["", "<", ">", "<=", ">=", "=<", "=>", "≤", "≥", "＜", "< ", "> = ", "=", "<>", "><", "-"]),
        number,
        st.sampled_from(["", "e3", "E-2", "e400", "e-400", "x10^3", " × 10³", "*10*2", "^3", "**2", "²", "e", "x10"]),
        st.sampled_from(["", " H", "*", " (LL)", "[A]", " mg/L", "%", "mg/L H", " +", "_0", "-10", ":640", " high"]),
    ).map("".join),
    st.text("0123456789.,'<>=≤+-xXeE^*HL %()/_５⁰³", max_size=9),
)


@SEARCH
@given(st.lists(text, min_size=1, max_size=60, unique=True))
def test_a_text_is_read_as_a_scanner_in_decimals_reads_it(rules: Rules, texts: list[str]) -> None:
    found = rules.ask("reported_value", {"stg_lis__lab_result": [{"value_text": text} for text in texts]})
    assert len(found) == len(texts)
    for row in found:
        expected = scan(row["value_text"])
        read = (row["comparator"], row["unit_text"], row["problem_code"])
        assert read == (expected.comparator, expected.unit, expected.problem), row["value_text"]
        if expected.number is not None:
            assert row["number"] == pytest.approx(float(expected.number), rel=1e-14), row["value_text"]
