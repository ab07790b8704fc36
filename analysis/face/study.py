"""A study of one release, and what one analysis of it found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.ard import MEMBERS, TABLES
from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from pandas import DataFrame

Row = dict[str, Any]
PARTS = tuple(name for name in TABLES if name not in (MEMBERS, "second_opinion"))  # what a result is shown from
_PLAIN = ("analysis_id", "output_id", "seq", "kind", "title", "population", "endpoint", "group_by")
_STRUCTURED = ("group_levels", "variables", "options")


@dataclass(frozen=True)
class Study:
    """A study of one release.

    about        study_id, release_id, title, question, caveat, data_cut_date, is_simulated
    populations  rows (population, column_name, operator, value); all rows of a population must hold
    outputs      rows (output_id, seq, kind, title, footnote, ...)
    endpoints    paramcd -> its words
    results      the tables of `plan.ard.TABLES` as the night stored them, but the members
    datasets     gives the tables that the plan reads (adsl: one row a patient; adtte: one row a patient and endpoint)
    held         what keeps the release from being deleted while this is used
    """

    about: Mapping[str, Any]
    populations: Sequence[Row]
    outputs: Sequence[Row]
    endpoints: Mapping[str, str]
    results: Mapping[str, DataFrame]
    datasets: Callable[[], dict[str, DataFrame]] = field(repr=False)
    held: Any = field(default=None, repr=False)

    def analyses(self) -> list[Row]:
        """The rows of the plan as the night executed them, in the order of the report; structured cells as such."""
        return list(self._analyses)

    @cached_property
    def _analyses(self) -> list[Row]:
        place = {output["output_id"]: output["seq"] for output in self.outputs}
        found = [row_of(record) for record in records(self.results["analysis"])]
        return sorted(found, key=lambda row: (place[row["output_id"]], row["seq"]))

    def analysis(self, analysis_id: str) -> Row:
        """One row of the plan. Raises PlanError without one."""
        found = {row["analysis_id"]: row for row in self.analyses()}
        if analysis_id not in found:
            near = get_close_matches(analysis_id, found, n=3)
            said = f"; it has {', '.join(near)}" if near else "; plan(study) lists them"
            raise PlanError(f"the plan has no analysis {analysis_id}{said}")
        return found[analysis_id]


@dataclass(frozen=True)
class Result:
    """What one analysis found: `tables` has its rows of the tables of `plan.ard.TABLES`.

    row          the analysis as a row of the plan
    populations  rows that it needs and the plan does not have
    """

    study: Study = field(repr=False)
    row: Row
    tables: Mapping[str, DataFrame] = field(repr=False)
    populations: Sequence[Row] = ()

    @property
    def ard(self) -> DataFrame:
        """One statistic a row: group_level, variable, statistic, value, ci_low, ci_high, method, n, events, flag.

        Times are months of the length that the plan declares, shares are shares of one, limits those of 95 %.
        """
        return self.tables["ard"]


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG, told in words within it for those who cannot see it; a notebook shows it."""

    svg: bytes = field(repr=False)

    def _repr_html_(self) -> str:
        text = self.svg.decode()
        return f'<div style="max-width: 46rem; background: #ffffff">{text[text.index("<svg") :]}</div>'


def row_of(record: Row) -> Row:
    """A row of results.analysis as a plan has it: nothing for an empty cell, JSON text as what it says."""
    row = {column: None if record[column] != record[column] else record[column] for column in _PLAIN}
    row["seq"] = int(record["seq"])
    return row | {column: json.loads(record[column]) for column in _STRUCTURED}


def of_analysis(found: Mapping[str, DataFrame], analysis_id: str) -> dict[str, DataFrame]:
    """The rows of one analysis, table by table."""
    of_it = {name: found[name][found[name]["analysis_id"] == analysis_id] for name in PARTS}
    return {name: frame.reset_index(drop=True) for name, frame in of_it.items()}


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken; it is taken from here on."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
