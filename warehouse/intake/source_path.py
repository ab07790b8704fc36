"""The paths of the maps: a small part of FHIRPath (HL7, normative 2.0.0), turned into SQL over JSON.

    expression = concatenation ('|' concatenation)*       the one alternative that has a value
    concatenation = part ('&' part)*                      texts put together; nothing when no path has a value
    part = 'literal' | step ('.' step)*
    step = name | where(name.name = 'literal' and ...)

What leads to more than one value, or to an object, is no value: NO_SINGLE_VALUE marks it, and the record is rejected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cartwright.warehouse.store_tables import quoted

NO_SINGLE_VALUE = "\x01"  # no blank, which tidying would take away
_MARK = "chr(1)"
_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<name>[A-Za-z_]\w*)|(?P<sign>[.()=&|])|(?P<end>$))")


class PathError(ValueError):
    """A path that cannot be read. The text says where."""


@dataclass(frozen=True)
class Where:
    """Keep elements of which every condition holds: the path leads to this one text."""

    conditions: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True)
class Path:
    steps: tuple[str | Where, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names on the way, without the conditions."""
        return tuple(step for step in self.steps if isinstance(step, str))


Part = Path | str
Expression = tuple[tuple[Part, ...], ...]


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """The alternatives of an expression, each the parts that are put together. Raises PathError."""
    reader = _Reader(text)
    alternatives = [reader.concatenation()]
    while reader.take("|"):
        alternatives.append(reader.concatenation())
    reader.expect_end()
    return tuple(alternatives)


def paths_of(expression: Expression) -> list[Path]:
    """Every path of an expression."""
    return [part for parts in expression for part in parts if isinstance(part, Path)]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, at = text, 0
        self.tokens: list[tuple[str, str]] = []
        while True:
            found = _TOKEN.match(text, at)
            if not found:
                raise PathError(f"{text!r} cannot be read from sign {at + 1} on")
            kind = found.lastgroup or ""  # every branch has a name
            self.tokens.append((kind, found[kind]))
            if kind == "end":
                break
            at = found.end()
        self.place = 0

    def take(self, *signs: str) -> str | None:
        kind, value = self.tokens[self.place]
        if kind in ("sign", "name") and value in signs:
            self.place += 1
            return value
        return None

    def _demand(self, kind: str) -> str:
        found, value = self.tokens[self.place]
        if found != kind:
            raise PathError(f"{self.text!r}: a {kind} is missing after {self._before()!r}")
        self.place += 1
        return value

    def _before(self) -> str:
        return "".join(value for _, value in self.tokens[: self.place])

    def expect_end(self) -> None:
        if self.tokens[self.place][0] != "end":
            raise PathError(f"{self.text!r} cannot be read after {self._before()!r}")

    def concatenation(self) -> tuple[Part, ...]:
        parts = [self._part()]
        while self.take("&"):
            parts.append(self._part())
        if not any(isinstance(part, Path) for part in parts):
            raise PathError(f"{self.text!r} names no path; a value that never changes is a constant")
        return tuple(parts)

    def _part(self) -> Part:
        if self.tokens[self.place][0] == "text":
            return self._demand("text")[1:-1]
        steps: list[str | Where] = [self._demand("name")]
        while self.take("."):
            name = self._demand("name")
            is_filter = name == "where" and self.tokens[self.place] == ("sign", "(")
            steps.append(self._where() if is_filter else name)
        return Path(tuple(steps))

    def _where(self) -> Where:
        self.take("(")
        conditions = [self._condition()]
        while self.take("and"):
            conditions.append(self._condition())
        if not self.take(")"):
            raise PathError(f"{self.text!r}: a closing bracket is missing after {self._before()!r}")
        return Where(tuple(conditions))

    def _condition(self) -> tuple[tuple[str, ...], str]:
        names = [self._demand("name")]
        while self.take("."):
            names.append(self._demand("name"))
        if not self.take("="):
            raise PathError(f"{self.text!r}: only `=` compares, after {self._before()!r}")
        return tuple(names), self._demand("text")[1:-1]


def json_texts_sql(path: Path, document: str) -> str:
    """SQL of all texts that a path leads to in a JSON document (a column or lambda parameter)."""
    return _texts(_elements(path.steps, f"[{document}]", 0))


def value_sql(expression: Expression, text_lists: dict[Path, str]) -> str:
    """SQL of the one text that an expression gives; NULL without any. `text_lists`: SQL of the texts of each path."""
    alternatives = [_joined(parts, text_lists) for parts in expression]
    if len(alternatives) == 1:
        return alternatives[0]
    return _single(f"list_distinct(list_filter([{', '.join(alternatives)}], lambda v: v IS NOT NULL))")


def _joined(parts: tuple[Part, ...], text_lists: dict[Path, str]) -> str:
    values = [quoted(part) if isinstance(part, str) else _single(text_lists[part]) for part in parts]
    if len(values) == 1:
        return values[0]
    found = ", ".join(value for part, value in zip(parts, values, strict=True) if isinstance(part, Path))
    return f"CASE WHEN coalesce({found}) IS NOT NULL THEN concat({', '.join(values)}) END"


def _single(texts: str) -> str:
    return f"CASE len({texts}) WHEN 0 THEN NULL WHEN 1 THEN ({texts})[1] ELSE {_MARK} END"


def _elements(steps: tuple[str | Where, ...], found: str, depth: int) -> str:
    for step in steps:
        each = f"e{depth}"
        if isinstance(step, Where):
            conditions = " AND ".join(
                f"{_texts(_elements(names, f'[{each}]', depth + 1))} = [{quoted(text)}]"
                for names, text in step.conditions
            )
            found = f"list_filter({found}, lambda {each}: {conditions})"
        else:
            place, every = quoted(f'$."{step}"'), quoted(f'$."{step}"[*]')
            inside = (
                f"CASE coalesce(json_type({each}, {place}), 'NULL') WHEN 'NULL' THEN []::JSON[] WHEN 'ARRAY' "
                f"THEN json_extract({each}, {every}) ELSE [json_extract({each}, {place})] END"
            )
            found = f"flatten(list_transform({found}, lambda {each}: {inside}))"
        depth += 1
    return found


def _texts(elements: str) -> str:
    return (
        f"list_transform({elements}, lambda t: "
        f"CASE WHEN json_type(t) IN ('OBJECT', 'ARRAY') THEN {_MARK} ELSE json_extract_string(t, '$') END)"
    )
