"""What tables and figures read: results by output and analysis, with the reader's words for groups and variables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.ard import typed
from cartwright.analysis.plan.definition import ALL, Level, Variable, levels_of, variable_of
from cartwright.analysis.records import records
from cartwright.analysis.report.places import LOOKS, places

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
    endpoint_name: str | None
    groups: tuple[Level, ...]
    places: tuple[int, ...]  # which look each group has, in a figure; of a pair each side, of a profile each variable
    variables: tuple[Variable, ...]
    options: dict[str, Any]
    ard: list[SimpleNamespace]  # result rows as objects: looked up thousands of times a page
    curve: DataFrame
    at_risk: DataFrame
    subject: DataFrame
    change: DataFrame
    point: DataFrame

    @property
    def columns(self) -> tuple[Level, ...]:
        """What stands side by side: the groups, or the two of a pair."""
        return levels_of(self.options["levels"]) if self.kind == "paired" else self.groups

    @cached_property
    def _by_statistic(self) -> dict[str, list[SimpleNamespace]]:
        found = defaultdict(list)
        for row in self.ard:
            found[row.statistic].append(row)
        return found

    def rows(self, statistic: str, **where: Any) -> list[SimpleNamespace]:
        """Result rows of one statistic, narrowed by columns (None: absent)."""
        found = self._by_statistic.get(statistic, [])
        return [row for row in found if all(getattr(row, column) == wanted for column, wanted in where.items())]

    def one(self, statistic: str, **where: Any) -> SimpleNamespace | None:
        """The first such row, or None."""
        return next(iter(self.rows(statistic, **where)), None)

    def due(self, statistic: str, **where: Any) -> SimpleNamespace:
        """The first such row, which analyses of this kind always have. Raises LookupError without one."""
        if (row := self.one(statistic, **where)) is None:
            said = ", ".join(f"{column} {wanted}" for column, wanted in where.items())
            raise LookupError(f"analysis {self.analysis_id}: no result {statistic} {f'({said})' if said else ''}")
        return row


class View:
    """Results of one night by output."""

    def __init__(self, results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]]) -> None:
        self._results = typed(results)
        self.outputs = sorted((dict(output) for output in outputs), key=lambda output: output["seq"])

    @cached_property
    def analyses(self) -> dict[str, Shown]:
        """Every executed analysis by id, in the order of the plan."""
        plan = self._results["analysis"].sort_values(["output_id", "seq"])
        parts = {name: dict(tuple(self._results[name].groupby("analysis_id"))) for name in _FRAMES}
        empty = {name: self._results[name].iloc[0:0] for name in _FRAMES}
        rows = defaultdict(list)
        ard = (
            self._results["ard"].sort_values("seq").astype(object)
        )  # absent text and counts become None, absent numbers stay NaN
        for record in records(ard.mask(ard.isna(), None).assign(**ard[["value", "ci_low", "ci_high"]])):
            rows[record["analysis_id"]].append(SimpleNamespace(**record))
        groups = {row["analysis_id"]: _groups(row) for row in records(plan)}
        looks = self._looks(groups)
        return {
            row["analysis_id"]: Shown(
                analysis_id=row["analysis_id"],
                output_id=row["output_id"],
                kind=row["kind"],
                title=row["title"],
                population=row["population"],
                endpoint=_text(row["endpoint"]),
                endpoint_name=_text(row["endpoint_name"]),
                groups=groups[row["analysis_id"]],
                places=looks[row["analysis_id"]],
                variables=tuple(variable_of(spec, row["analysis_id"]) for spec in json.loads(row["variables"])),
                options=json.loads(row["options"]),
                ard=rows[row["analysis_id"]],
                curve=parts["curve"].get(row["analysis_id"], empty["curve"]),
                at_risk=parts["at_risk"].get(row["analysis_id"], empty["at_risk"]),
                subject=parts["subject"].get(row["analysis_id"], empty["subject"]),
                change=parts["change"].get(row["analysis_id"], empty["change"]),
                point=parts["point"].get(row["analysis_id"], empty["point"]),
            )
            for row in records(plan)
        }

    def _looks(self, groups: dict[str, tuple[Level, ...]]) -> dict[str, tuple[int, ...]]:
        """analysis_id -> the looks of what its figure compares, as the whole report has them; of tables by position."""
        order = {output["output_id"]: number for number, output in enumerate(self.outputs)}
        plan = self._results["analysis"]
        drawn = plan[plan["options"].str.contains('"figure"') & plan["output_id"].isin(order)]
        drawn = drawn.assign(output_no=drawn["output_id"].map(order)).sort_values(["output_no", "seq"])
        compared = {
            row["analysis_id"]: what for row in records(drawn) if (what := _compared(row, groups[row["analysis_id"]]))
        }
        by_position = {name: tuple(k % LOOKS for k in range(len(levels))) for name, levels in groups.items()}
        return by_position | dict(zip(compared, places(compared.values()), strict=True))

    def of_output(self, output_id: str) -> list[Shown]:
        """The analyses of an output in the order of the plan."""
        return [shown for shown in self.analyses.values() if shown.output_id == output_id]


def _text(cell: Any) -> str | None:
    return cell if isinstance(cell, str) else None


def _groups(row: dict[str, Any]) -> tuple[Level, ...]:
    return levels_of(json.loads(row["group_levels"])) or (Level(ALL, "All patients"),)


# Forms of figures that tell no groups apart by colour: they stand in panels or rows of their own.
_WITHOUT_HUES = ("bars", "flow", "forest", "love", "ratios", "spider", "subgroups", "waterfall")


def _compared(row: dict[str, Any], groups: tuple[Level, ...]) -> list[str]:
    """What a figure tells apart by colour: levels of groups; sides of a pair and series of a profile, by label."""
    options = json.loads(row["options"])
    if options["figure"] in _WITHOUT_HUES:
        return []
    if row["kind"] == "paired":
        return [level.label for level in levels_of(options["levels"])]
    if row["kind"] == "profile":
        series = json.loads(row["variables"])
        one_each = len({variable["paramcd"] for variable in series}) == len(series)
        return [] if one_each else [variable["label"] for variable in series]
    return [level.level for level in groups]


_FRAMES = ("curve", "at_risk", "subject", "change", "point")
