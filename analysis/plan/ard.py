"""Analysis results data: one statistic a row; all that tables, figures, audits and night-to-night diffs read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from cartwright.analysis.methods.estimate import NOT_ESTIMABLE, Drawn, Estimate

if TYPE_CHECKING:
    from pandas import DataFrame

    from cartwright.analysis.plan.definition import Analysis

# Tables of a night's results and the type of each column. `flag` says in words why a number should not be trusted.
TABLES = {
    "ard": {
        "analysis_id": "object",
        "output_id": "object",
        "seq": "Int64",
        "population": "object",
        "endpoint": "object",
        "group_level": "object",
        "comparator": "object",
        "variable": "object",
        "variable_level": "object",
        "statistic": "object",
        "value": "float64",
        "value_txt": "object",
        "ci_low": "float64",
        "ci_high": "float64",
        "method": "object",
        "n": "Int64",
        "events": "Int64",
        "flag": "object",
        "mcse": "float64",
        "ci_low_mcse": "float64",
        "ci_high_mcse": "float64",
        "draws": "Int64",
        "failed": "Int64",
    },
    "curve": {
        "analysis_id": "object",
        "group_level": "object",
        "time_days": "float64",
        "time_months": "float64",
        "at_risk": "Int64",
        "events": "Int64",
        "censored": "Int64",
        "survival": "float64",
        "ci_low": "float64",
        "ci_high": "float64",
        "ci_low_mcse": "float64",
        "ci_high_mcse": "float64",
    },
    "at_risk": {"analysis_id": "object", "group_level": "object", "time_months": "float64", "at_risk": "Int64"},
    "subject": {
        "analysis_id": "object",
        "group_level": "object",
        "rank": "Int64",
        "inner_months": "float64",
        "is_inner_event": "boolean",
        "outer_months": "float64",
        "is_outer_event": "boolean",
    },
    "change": {
        "analysis_id": "object",
        "group_level": "object",
        "rank": "Int64",
        "variable_level": "object",
        "time_months": "float64",
        "change_percent": "float64",
    },
    "point": {
        "analysis_id": "object",
        "group_level": "object",
        "variable": "object",
        "x": "float64",
        "y": "float64",
        "ci_low": "float64",
        "ci_high": "float64",
    },
    "analysis_member": {
        "analysis_id": "object",
        "group_level": "object",
        "variable": "object",
        "variable_level": "object",
        "usubjid": "object",
        "is_used": "boolean",
        "has_level": "boolean",
        "is_event": "boolean",
        "weight": "float64",
        "reason": "object",
    },
    "second_opinion": {
        "analysis_id": "object",
        "group_level": "object",
        "comparator": "object",
        "statistic": "object",
        "value": "float64",
        "second_value": "float64",
        "tolerance": "float64",
        "is_agreed": "boolean",
    },
    "analysis": {
        "analysis_id": "object",
        "output_id": "object",
        "seq": "Int64",
        "kind": "object",
        "title": "object",
        "population": "object",
        "endpoint": "object",
        "endpoint_name": "object",
        "group_by": "object",
        "group_levels": "object",
        "variables": "object",
        "options": "object",
    },
}
MEMBERS = "analysis_member"  # who stands behind the numbers; nothing of it is ever shown in a report


class Where(TypedDict, total=False):
    """What and whom a statistic is of: what rows of ard have in common."""

    group_level: str | None
    comparator: str | None
    variable: str
    variable_level: str | None
    n: int
    events: int


class Said(Where, total=False):
    """What a row of ard may say beside its analysis, statistic, value and Monte-Carlo errors."""

    value_txt: str | None
    ci_low: float
    ci_high: float
    method: str | None
    flag: str | None


def typed(results: dict[str, DataFrame]) -> dict[str, DataFrame]:
    """Result tables but the members, with their declared types, as after a way through a database that knows others."""
    drawn = {name: columns for name, columns in TABLES.items() if name != MEMBERS}
    return {name: results[name][list(columns)].astype(columns) for name, columns in drawn.items()}


@dataclass
class Collector:
    """Gathers the rows of one night, table by table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def statistic(
        self,
        analysis: Analysis,
        name: str,
        value: float | None = None,
        drawn: Drawn | None = None,
        /,
        **fields: Unpack[Said],
    ) -> None:
        """One ard row. A value that is not finite is kept as NE; pass `flag` to say why, `drawn` if it was drawn."""
        row: dict[str, Any] = {
            "analysis_id": analysis.analysis_id,
            "output_id": analysis.output_id,
            "seq": 1 + len(self.rows["ard"]),
            "population": analysis.population,
            "endpoint": analysis.endpoint,
            "statistic": name,
            **fields,
        }
        for column, number in (("value", value), *((c, row.get(c)) for c in ("ci_low", "ci_high"))):
            row[column] = float(number) if number is not None and math.isfinite(number) else math.nan
        if math.isnan(row["value"]):
            row.setdefault("value_txt", NOT_ESTIMABLE)
        row["flag"] = row.get("flag") or None
        if drawn is not None:
            row |= {
                "mcse": drawn.value,
                "ci_low_mcse": drawn.ci_low,
                "ci_high_mcse": drawn.ci_high,
                "draws": drawn.draws,
                "failed": drawn.failed,
            }
        self.rows["ard"].append(row)

    def estimate(
        self, analysis: Analysis, name: str, estimate: Estimate, scale: float = 1.0, **fields: Unpack[Said]
    ) -> None:
        """An estimate with its limits, method and flag as one ard row; `scale` converts the unit."""
        said: Said = {
            **fields,
            "ci_low": estimate.ci_low * scale,
            "ci_high": estimate.ci_high * scale,
            "method": estimate.method,
            "flag": "; ".join(filter(None, (estimate.flag, fields.get("flag")))),
        }
        self.statistic(analysis, name, estimate.value * scale, _scaled(estimate.drawn, scale), **said)

    def p_value(self, analysis: Analysis, estimate: Estimate, **fields: Unpack[Said]) -> None:
        """The p value that belongs to an estimate or a test, with the test as its method."""
        drawn = estimate.drawn and estimate.drawn.of_p
        said: Said = {**fields, "method": estimate.method, "flag": estimate.flag}
        self.statistic(analysis, "p", estimate.p, drawn, **said)

    def found(self, analysis_id: str, statistic: str, **where: Any) -> list[dict[str, Any]]:
        """Statistics that an earlier analysis of the plan has left, narrowed by columns."""
        return [
            row
            for row in self.rows["ard"]
            if row["analysis_id"] == analysis_id
            and row["statistic"] == statistic
            and all(row.get(column) == wanted for column, wanted in where.items())
        ]

    def add(self, table: str, **fields: Any) -> None:
        """One row of another result table."""
        self.rows[table].append(fields)

    def members(self, analysis: Analysis, patients: Iterable[str], is_used: bool = True, /, **about: Any) -> None:
        """Who counts in an analysis or is left out of it: a row of analysis_member for each of the patients (usubjid).

        about: its other columns, each one value for all of them or a Series by usubjid (which make the order of rows).
        """
        # As dictionaries: a Series takes forty microseconds to say one value.
        differing = [value.to_dict() for value in about.values() if hasattr(value, "reindex")]
        ids = sorted(patients, key=lambda name: ([str(value.get(name)) for value in differing], name))
        columns = {"analysis_id": analysis.analysis_id, "usubjid": ids, "is_used": is_used} | about
        part = {name: _for_each(columns.get(name), ids) for name in TABLES[MEMBERS]}
        self.rows[MEMBERS].append(part)

    def extend(self, other: Collector) -> None:
        """All rows of another collector, in its order, after those here."""
        for row in other.rows["ard"]:
            self.rows["ard"].append({**row, "seq": 1 + len(self.rows["ard"])})
        for table in self.rows.keys() - {"ard"}:
            self.rows[table] += other.rows[table]

    def tables(self) -> dict[str, DataFrame]:
        """All result tables with their declared columns and types, also when they have no rows."""
        import pandas as pd

        tables = {}
        for name, columns in TABLES.items():
            rows = self.rows[name]
            if name == MEMBERS:  # by the column: there are many
                parts = {column: list(chain.from_iterable(part[column] for part in rows)) for column in columns}
                table = pd.DataFrame(parts, columns=list(columns))
            else:
                table = pd.DataFrame(rows, columns=list(columns))
            table = table.astype(columns)
            for column in table.select_dtypes("object"):  # absent text is None, not NaN: databases read it as NULL
                table[column] = table[column].mask(table[column].isna(), None)
            tables[name] = table
        return tables


def _scaled(drawn: Drawn | None, scale: float) -> Drawn | None:
    """Monte-Carlo errors in the unit of a scaled estimate."""
    if drawn is None:
        return None
    return replace(drawn, value=drawn.value * scale, ci_low=drawn.ci_low * scale, ci_high=drawn.ci_high * scale)


def _for_each(value: Any, ids: list[str]) -> list[Any]:
    if value is ids:
        return ids
    return value.reindex(ids).tolist() if hasattr(value, "reindex") else [value] * len(ids)
