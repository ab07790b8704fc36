"""The claims file in memory: one printed figure a claim, and what the figures say about sizes of groups and counts.

Columns (text, exactly as printed, so that precision is kept): id, section, measure, population, group, comparator,
endpoint, variable, level, statistic, value, ci_low, ci_high, numerator, denominator, p_value, p_operator, test, unit.
A population carries its size as its last number (`arm_54`); without one the size is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from cartwright.analysis.audit.printed import Printed, printed
from cartwright.analysis.methods.estimate import UnusableData

COLUMNS = (
    "id",
    "section",
    "measure",
    "population",
    "group",
    "comparator",
    "endpoint",
    "variable",
    "level",
    "statistic",
    "value",
    "ci_low",
    "ci_high",
    "numerator",
    "denominator",
    "p_value",
    "p_operator",
    "test",
    "unit",
)
COUNTED = ("n", "count", "proportion")
RATIOS = ("hr", "or")
WHOLE_GROUP = "all"
EVENT_FREE = {"os": "alive_at_cutoff", "pfs": "ongoing_response"}  # whom the cut finds without the event


@dataclass(frozen=True)
class Claim:
    """One printed figure. Texts are kept; numbers are read from them on demand."""

    id: str
    section: str
    measure: str
    population: str
    group: str
    comparator: str
    endpoint: str
    variable: str
    level: str
    statistic: str
    value: str
    ci_low: str
    ci_high: str
    numerator: str
    denominator: str
    p_value: str
    p_operator: str
    test: str
    unit: str

    @property
    def number(self) -> Printed | None:
        return printed(self.value)

    @property
    def low(self) -> Printed | None:
        return printed(self.ci_low)

    @property
    def high(self) -> Printed | None:
        return printed(self.ci_high)

    @property
    def p(self) -> Printed | None:
        return printed(self.p_value)

    @property
    def count(self) -> int | None:
        """Patients counted: the numerator, or the value of a bare count."""
        if self.statistic not in COUNTED:
            return None
        if self.numerator:
            return int(self.numerator)
        return int(self.value) if self.statistic in ("n", "count") and self.value.isdigit() else None

    @property
    def patients(self) -> int:
        """`count` of a claim that is known to count. Raises UnusableData where it does not."""
        if self.count is None:
            raise UnusableData(f"claim {self.id} counts no patients")
        return self.count

    @property
    def total(self) -> int | None:
        return int(self.denominator) if self.denominator else None

    @property
    def subject(self) -> tuple[str, str, str]:
        """What is measured, whoever it is measured in."""
        return self.endpoint, self.variable, self.level

    @property
    def is_adjusted(self) -> bool:
        return "multivariable" in self.test

    @property
    def p_text(self) -> str:
        return f"p {self.p_operator} {self.p_value}"

    @property
    def interval_text(self) -> str:
        return f"{self.value} ({self.ci_low}-{self.ci_high})"


def population_size(name: str) -> int | None:
    """`arm_54` -> 54; None for a population without a number and for a union (`a_15+b_54`)."""
    found = re.search(r"(\d+)(_[a-z]+)?$", name)
    return int(found[1]) if found and "+" not in name else None


class Claims:
    """All claims of a file, with the few look-ups that several checks share."""

    def __init__(self, table: pd.DataFrame) -> None:
        missing = [column for column in COLUMNS if column not in table]
        if missing:
            raise UnusableData(f"claims lack the columns {', '.join(missing)}")
        texts = table[list(COLUMNS)].fillna("").astype(str)
        if texts["id"].duplicated().any():
            raise UnusableData("claim ids must be unique")
        self.all = [Claim(*row) for row in texts.itertuples(index=False, name=None)]

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.all)

    @cached_property
    def cohort(self) -> tuple[str, dict[str, Claim]]:
        """The population whose size is printed for the whole and for two or more groups, with a claim each, a count."""
        sizes: dict[str, dict[str, Claim]] = {}
        for claim in self:
            if claim.measure == "cohort_size" and claim.count is not None:
                sizes.setdefault(claim.population, {}).setdefault(claim.group, claim)
        whole = {name: groups for name, groups in sizes.items() if WHOLE_GROUP in groups and len(groups) > 2}
        return max(whole.items(), key=lambda item: item[1][WHOLE_GROUP].patients, default=("", {}))

    @property
    def groups(self) -> list[str]:
        """The groups that make up the whole."""
        return [group for group in self.cohort[1] if group != WHOLE_GROUP]

    @cached_property
    def counted(self) -> dict[tuple, list[Claim]]:
        """(group, endpoint, variable, level) -> claims that count it."""
        found: dict[tuple, list[Claim]] = {}
        for claim in self:
            if claim.count is not None and any(claim.subject):
                found.setdefault((claim.group, *claim.subject), []).append(claim)
        return found

    def size(self, claim: Claim) -> int | None:
        """Patients the claim is about: its denominator; the printed size of a named part; its population's size."""
        if claim.total is not None:
            return claim.total
        named = [c.count for c in self if c.group == c.level.split("_")[0] == claim.group and c.count is not None]
        return named[0] if named else population_size(claim.population)

    def event_free(self, group: str, endpoint: str) -> int | None:
        """Patients of a group without the event at the cut; else what the other groups leave of the whole."""

        def of(name: str) -> int | None:
            found = [
                c.count
                for c in self
                if (c.group, c.endpoint) == (name, EVENT_FREE.get(endpoint)) and c.count is not None
            ]
            return found[0] if found else None

        own, whole = of(group), of(WHOLE_GROUP)
        if own is not None or group not in self.groups or whole is None:
            return own
        others = [of(name) for name in self.groups if name != group]
        known = [free for free in others if free is not None]
        return whole - sum(known) if len(known) == len(others) else None

    def events(self, group: str, endpoint: str) -> int | None:
        """Events of a group by subtraction: its size less those without the event at the cut."""
        sizes, free = self.cohort[1], self.event_free(group, endpoint)
        return None if free is None or group not in sizes else sizes[group].patients - free
