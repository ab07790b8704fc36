"""What of a study may be shown to whoever explores it: no small group, and none that follows from what is shown.

It is decided once for a release, for everybody and whatever was looked at before: what the plan's analyses compare
comes first, those of the endpoint before others, in the order of the report; then the largest groups. What follows from
what: `small.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from cartwright.analysis.face.study import Row, Study
from cartwright.analysis.plan.definition import Variable, values, variable_of
from cartwright.analysis.report.sections import is_annex
from cartwright.explore.choices import (
    Grouping,
    Offered,
    Patients,
    characteristics_of,
    members,
    offered,
    patients,
    with_endpoint,
)
from cartwright.explore.small import Ledger


class Guard:
    """The decisions for one release; `least`: fewer patients are a small group (1: everything is shown)."""

    def __init__(self, study: Study, least: int) -> None:
        self.study, self.least = study, least
        self._curves: dict[str, tuple[Patients, ...]] = {}
        self._columns: dict[str, frozenset[tuple[Patients, str]]] = {}

    @cached_property
    def offer(self) -> Offered:
        """What there is to choose of."""
        return offered(self.study)

    @cached_property
    def populations(self) -> dict[str, Patients]:
        """usubjid of each population."""
        return patients(self.study)

    @cached_property
    def groups(self) -> dict[str, dict[str, Patients]]:
        """Key of a grouping -> level -> usubjid."""
        return {key: members(self.study, one) for key, one in self.offer.groupings.items()}

    @cached_property
    def counted(self) -> tuple[Patients, ...]:
        """Groups of whom it may be shown how many they are and, by `shows`, what they are like."""
        template = characteristics_of(self.study)
        return self._shown_together(self._in_order([*([template] if template else []), *self._plan]))

    def curve(self, endpoint: str, group: Patients) -> bool:
        """Whether the curve of those of the group who have this endpoint may be shown."""
        having = with_endpoint(self.study, endpoint)
        if endpoint not in self._curves:
            plan = sorted(self._plan, key=lambda row: row["endpoint"] != endpoint)
            self._curves[endpoint] = self._shown_together(one & having for one in self._in_order(plan))
        return group & having in self._curves[endpoint]

    def is_small(self, endpoint: str, group: Patients) -> bool:
        """Whether too few of the group have this endpoint, for that reason alone."""
        return len(group & with_endpoint(self.study, endpoint)) < self.least

    def shows(self, variable: Variable, group: Patients) -> bool:
        """Whether all levels of the variable may be counted in the group. Of how many it is unknown always may: that
        tells nothing about them."""
        if variable.column not in self._columns:
            self._columns[variable.column] = self._column(variable.column)
        return (group, _name(variable)) in self._columns[variable.column]

    def _column(self, column: str) -> frozenset[tuple[Patients, str]]:
        variables = [one for one in self._variables if one.column == column]
        parts = {(group, _name(one)): self._parts(one, group) for group in self.counted for one in variables}
        unknown = [patient for patient, level in self._levels[_name(variables[0])].items() if level is None]
        every = [*self.counted, *(part for cut in parts.values() for part in cut)]
        ledger = Ledger(every, self.least, spared=frozenset(unknown))
        ledger.tell(self.counted)
        return frozenset(named for named, cut in parts.items() if ledger.admit(cut))

    def _parts(self, variable: Variable, group: Patients) -> list[Patients]:
        """The group cut by the levels of the variable; a number is known or not."""
        cut: dict[str | None, set[str]] = {}
        for patient in group:
            cut.setdefault(self._levels[_name(variable)][patient], set()).add(patient)
        return [frozenset(part) for part in cut.values()]

    @cached_property
    def _variables(self) -> list[Variable]:
        row = characteristics_of(self.study)
        return [variable_of(one, row["analysis_id"]) for one in row["variables"]] if row else []

    @cached_property
    def _levels(self) -> dict[str, dict[str, str | None]]:
        """Name of a variable -> usubjid -> its level; of a number that it is known; None: unknown."""
        datasets = self.study.datasets()
        columns = {one: values(one, datasets["adsl"], datasets) for one in self._variables}
        return {
            _name(one): {
                patient: None if is_unknown else "known" if one.type == "continuous" else str(value)
                for patient, value, is_unknown in zip(column.index, column, column.isna(), strict=True)
            }
            for one, column in columns.items()
        }

    @cached_property
    def _plan(self) -> list[Row]:
        """The plan's analyses, those of the main part first."""
        behind = {output["output_id"] for output in self.study.outputs if is_annex(output)}
        return sorted(self.study.analyses(), key=lambda row: row["output_id"] in behind)

    def _in_order(self, plan: Sequence[Row]) -> Iterator[Patients]:
        """Every group that can be chosen: those of these analyses, then the largest."""
        for row in plan:
            inside = self.populations[row["population"]]
            yield inside
            key = Grouping.of(row).key
            yield from (inside & group for group in self.groups.get(key, {}).values())
        every = [group for groups in self.groups.values() for group in groups.values()]
        rest = {inside & group for inside in self.populations.values() for group in (inside, *every)}
        yield from sorted(rest, key=lambda one: (-len(one), sorted(one)))

    def _shown_together(self, groups: Iterable[Patients]) -> tuple[Patients, ...]:
        wanted = [one for one in dict.fromkeys(groups) if len(one) >= self.least]
        ledger = Ledger(wanted, self.least)
        return tuple(one for one in wanted if ledger.admit([one]))


def _name(variable: Variable) -> str:
    """What tells a variable from others of its column: its level, if that counts as yes."""
    return f"{variable.name} {variable.level or ''} {variable.type}"
