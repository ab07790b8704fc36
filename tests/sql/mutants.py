"""Every comparison of the SQL as written, one at a time: its boundary, its direction, its constants by one.

A decimal is changed by one in its last place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlglot import tokenize
from sqlglot.tokens import Token, TokenType

from source_marks import MARK, Place, marked_project, without_marks

_BOUNDARY = {TokenType.LT: "<=", TokenType.LTE: "<", TokenType.GT: ">=", TokenType.GTE: ">"}
_DIRECTION = {TokenType.LT: ">", TokenType.LTE: ">=", TokenType.GT: "<", TokenType.GTE: "<="}
_SIZED = {TokenType.DECIMAL, TokenType.VARCHAR, TokenType.TEXT}  # decimal(18, 6): no constant of a rule
_OPERAND = {TokenType.VAR, TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.STRING}
_JOINING = {TokenType.DOT, TokenType.DCOLON, TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH}


class Edit(NamedTuple):
    """New text for a stretch of the old."""

    start: int
    end: int  # the last character of it
    text: str


@dataclass(frozen=True)
class Mutant:
    """One change of the source.

    `change`: what became what, `1 to 2 (2)` the second such on its line; `models`: the SQL of each model it changes.
    """

    place: Place
    change: str
    models: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.place.path}:{self.place.line}: {self.change} in: {self.place.words}"


def every_mutant() -> list[Mutant]:
    """Every mutant of the project in the order of the source."""
    marked = marked_project()
    found: dict[tuple[int, str], dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for model, sql in marked.models.items():
        tokens = tokenize(sql, read="duckdb")
        before = {mark.end(): int(mark[1]) for mark in MARK.finditer(sql)}
        for position, token in enumerate(tokens):
            if token.start in before:
                for change, edits in _changes(sql, tokens, position):
                    found[before[token.start], change][model] += edits
    alike: Counter[tuple[Place, str]] = Counter()
    made = []
    for (number, change), edited in sorted(found.items(), reverse=True):  # marks are numbered from the end of a file
        place = marked.places[number]
        alike[place, change] += 1
        nth = f" ({alike[place, change]})" if alike[place, change] > 1 else ""
        sql = {model: without_marks(_edited(marked.models[model], edits)) for model, edits in edited.items()}
        made.append(Mutant(place, change + nth, sql))
    return sorted(made, key=lambda mutant: (mutant.place.path, mutant.place.line, mutant.change))


def _edited(sql: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        sql = sql[: edit.start] + edit.text + sql[edit.end + 1 :]
    return sql


def _changes(sql: str, tokens: Sequence[Token], position: int) -> Iterator[tuple[str, list[Edit]]]:
    token = tokens[position]
    kind = token.token_type
    for table in (_BOUNDARY, _DIRECTION):
        if kind in table:
            yield f"{token.text} to {table[kind]}", [Edit(token.start, token.end, table[kind])]
    if kind is TokenType.NUMBER and not (_is_size(tokens, position) or _is_any(tokens, position)):
        larger = str(Decimal(token.text) + Decimal((0, (1,), Decimal(token.text).as_tuple().exponent)))
        yield f"{token.text} to {larger}", [Edit(token.start, token.end, larger)]
    if kind is TokenType.BETWEEN:
        yield from _ends(sql, tokens, position)


def _ends(sql: str, tokens: Sequence[Token], position: int) -> Iterator[tuple[str, list[Edit]]]:
    """`x between a and b` without its lower end, and without its upper one."""
    subject = sql[tokens[_subject(tokens, position)].start : tokens[position - 1].end + 1]
    token, middle = tokens[position], tokens[_its_and(tokens, position)]
    for low, high in ((">", "<="), (">=", "<")):
        edits = [Edit(token.start, token.end, low), Edit(middle.start, middle.end, f"and {subject} {high}")]
        yield f"between to {low} and {high}", edits


def _subject(tokens: Sequence[Token], position: int) -> int:
    """Position of the first token of what stands before `between`."""
    at = position - 1
    if tokens[at].token_type is TokenType.NOT:
        at -= 1
    while True:
        if tokens[at].token_type is TokenType.R_PAREN:
            at = _opening(tokens, at)
            if tokens[at - 1].token_type in _OPERAND or tokens[at - 1].text.isidentifier():
                at -= 1
        if tokens[at - 1].token_type not in _JOINING:
            return at
        at -= 2


def _opening(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    while True:
        depth += {TokenType.R_PAREN: 1, TokenType.L_PAREN: -1}.get(tokens[at].token_type, 0)
        if not depth:
            return at
        at -= 1


def _its_and(tokens: Sequence[Token], position: int) -> int:
    depth, at = 0, position + 1
    while depth or tokens[at].token_type is not TokenType.AND:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[at].token_type, 0)
        at += 1
    return at


def _is_any(tokens: Sequence[Token], position: int) -> bool:
    """Whether any number would do: in `count(case when ... then 1 end)`, `exists (select 1 from ...)`."""
    around = tokens[position - 1].token_type, tokens[position + 1].token_type if position + 1 < len(tokens) else None
    if around == (TokenType.SELECT, TokenType.FROM):
        return True
    if around != (TokenType.THEN, TokenType.END):
        return False
    depth, at = 1, position - 1
    while depth:
        at -= 1
        depth += {TokenType.END: 1, TokenType.CASE: -1}.get(tokens[at].token_type, 0)
    return tokens[at - 2].text.lower() == "count"


def _is_size(tokens: Sequence[Token], position: int) -> bool:
    """Whether the number is the size of a type."""
    before = [token.token_type for token in tokens[max(0, position - 4) : position]]
    return any(kind in _SIZED for kind in before) and TokenType.L_PAREN in before
