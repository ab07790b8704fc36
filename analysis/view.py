"""What tables and figures read: results by output and analysis, with the reader's words for groups and variables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .plan import ALL, Level, Variable, levels_of, variable_of

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Shown:
    """One analysis as it was executed, with its own results."""

    analysis_id: str
    output_id: str
    kind: str
    title: str
    population: str
    endpoint: str | None
    groups: tuple[Level, ...]
    variables: tuple[Variable, ...]
    options: dict[str, Any]
    ard: DataFrame
    curve: DataFrame
    at_risk: DataFrame
    subject: DataFrame

    def rows(self, statistic: str, **where: Any) -> DataFrame:
        """Result rows of one statistic, narrowed by columns."""
        rows = self.ard[self.ard["statistic"] == statistic]
        for column, wanted in where.items():
            rows = rows[rows[column].isna()] if wanted is None else rows[rows[column] == wanted]
        return rows

    def one(self, statistic: str, **where: Any) -> Any:
        """The first such row as a named tuple, or None."""
        return next(self.rows(statistic, **where).itertuples(index=False), None)


class View:
    """Results of one night by output."""

    def __init__(self, results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]]) -> None:
        self._results = results
        self.outputs = sorted((dict(output) for output in outputs), key=lambda output: output["seq"])

    @cached_property
    def analyses(self) -> dict[str, Shown]:
        """Every executed analysis by id, in the order of the plan."""
        plan = self._results["analysis"].sort_values(["output_id", "seq"])
        parts = {name: dict(tuple(self._results[name].groupby("analysis_id"))) for name in _PARTS}
        empty = {name: self._results[name].iloc[0:0] for name in _PARTS}
        return {
            row["analysis_id"]: Shown(
                **{key: row[key] for key in ("analysis_id", "output_id", "kind", "title", "population")},
                endpoint=row["endpoint"] if isinstance(row["endpoint"], str) else None,
                groups=levels_of(json.loads(row["group_levels"])) or (Level(ALL, "All patients"),),
                variables=tuple(variable_of(spec, row["analysis_id"]) for spec in json.loads(row["variables"])),
                options=json.loads(row["options"]),
                **{name: parts[name].get(row["analysis_id"], empty[name]) for name in _PARTS},
            )
            for row in plan.to_dict("records")
        }

    def of_output(self, output_id: str) -> list[Shown]:
        """The analyses of an output in the order of the plan."""
        return [shown for shown in self.analyses.values() if shown.output_id == output_id]


_PARTS = ("ard", "curve", "at_risk", "subject")
