"""Every comparison of a compiled model changed, one at a time: its boundary, its direction, its constants by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlglot import tokenize
from sqlglot.tokens import Token, TokenType

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
    """One change of a model's SQL. `place`: its line there; `what`: the change in words."""

    model: str
    place: int
    what: str
    sql: str


def mutants(model: str, sql: str) -> Iterator[Mutant]:
    """Every mutant of the compiled SQL of a model."""
    tokens = tokenize(sql, read="duckdb")
    for position in range(len(tokens)):
        for what, edits in _changes(sql, tokens, position):
            changed = sql
            for edit in sorted(edits, reverse=True):
                changed = changed[: edit.start] + edit.text + changed[edit.end + 1 :]
            yield Mutant(model, sql.count("\n", 0, tokens[position].start) + 1, what, changed)


def _changes(sql: str, tokens: Sequence[Token], position: int) -> Iterator[tuple[str, list[Edit]]]:
    token = tokens[position]
    kind = token.token_type
    shown = _around(sql, token)
    for table in (_BOUNDARY, _DIRECTION):
        if kind in table:
            yield f"{shown}: {token.text} to {table[kind]}", [Edit(token.start, token.end, table[kind])]
    if kind is TokenType.NUMBER and token.text.isdigit() and not _is_size(tokens, position):
        larger = str(int(token.text) + 1)
        yield f"{shown}: {token.text} to {larger}", [Edit(token.start, token.end, larger)]
    if kind is TokenType.BETWEEN:
        yield from _ends(sql, tokens, position, shown)


def _ends(sql: str, tokens: Sequence[Token], position: int, shown: str) -> Iterator[tuple[str, list[Edit]]]:
    """`x between a and b` without its lower end, and without its upper one."""
    subject = sql[tokens[_subject(tokens, position)].start : tokens[position - 1].end + 1]
    token, middle = tokens[position], tokens[_its_and(tokens, position)]
    for low, high in ((">", "<="), (">=", "<")):
        edits = [Edit(token.start, token.end, low), Edit(middle.start, middle.end, f"and {subject} {high}")]
        yield f"{shown}: between to {low} and {high}", edits


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


def _is_size(tokens: Sequence[Token], position: int) -> bool:
    """Whether the number is the size of a type."""
    before = [token.token_type for token in tokens[max(0, position - 4) : position]]
    return any(kind in _SIZED for kind in before) and TokenType.L_PAREN in before


def _around(sql: str, token: Token) -> str:
    """The line it stands in, without its margins."""
    start, end = sql.rfind("\n", 0, token.start) + 1, sql.find("\n", token.end)
    return " ".join(sql[start : end if end >= 0 else len(sql)].split())
