"""Sentences of the text that make one group of patients part of another, held against both counts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cartwright.analysis.audit.claims import Claim, Claims, population_size
from cartwright.analysis.audit.finding import INCOHERENT, Finding
from cartwright.analysis.records import records

COLUMNS = ("id", "population", "group", "if_variable", "if_level", "then_variable", "then_level", "sentence")


def check_implications(claims: Claims, statements: pd.DataFrame) -> Iterator[Finding]:
    """`if` patients are `then` patients, so they cannot be more; patients of unknown status may all be."""
    for row in records(statements[list(COLUMNS)].fillna("").astype(str)):
        population, group = row["population"], row["group"]
        inner = _count(claims, population, group, row["if_variable"], row["if_level"])
        outer = _count(claims, population, group, row["then_variable"], row["then_level"])
        size = population_size(population)
        if inner is None or outer is None or size is None:
            continue
        unknown = max(size - outer.total, 0) if outer.total else 0
        most = outer.patients + unknown
        if inner.patients > most:
            text = (
                f"{inner.count} with {row['if_variable']} {row['if_level']}, at most {outer.count} + {unknown} unknown "
                f"with {row['then_variable']} {row['then_level']}; {row['sentence']}"
            )
            yield Finding("implication", INCOHERENT, inner.id, text, (outer.id,), str(inner.count), float(most))


def _count(claims: Claims, population: str, group: str, variable: str, level: str) -> Claim | None:
    found = [c for c in claims.counted.get((group, "", variable, level), []) if c.population == population]
    return found[0] if found else None
