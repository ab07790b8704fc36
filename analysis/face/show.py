"""Results as the report shows them, and two results side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cartwright.analysis.face.study import PARTS, Figure, Result, Row, Study
from cartwright.analysis.plan.check import asked_for
from cartwright.analysis.plan.definition import PlanError

if TYPE_CHECKING:
    from pandas import DataFrame

    from cartwright.analysis.report.table import Table
    from cartwright.analysis.report.view import View

SHOWN = "explored.result"  # the output that the results make together
_KEY = ["group_level", "comparator", "variable", "variable_level", "statistic", "method"]
_VALUES = ["value", "ci_low", "ci_high"]


def draw(*results: Result, title: str | None = None) -> Figure:
    """The project's figure of a result; of further ones (test and ratio of the same groups) it tells in its words.

    Groups have the colours that they have in the study's report. Raises PlanError for a kind that has no figure, and
    for an option that the figure needs (km: at_risk_months).
    """
    from cartwright.analysis.figures import draw as drawn

    for result in results:
        drawn_row = {**result.row, "options": _with_form(result.study, result.row)}
        for name in asked_for(drawn_row):
            if name not in drawn_row["options"]:
                said = f"rerun(study, {result.row['analysis_id']!r}, {name}=...)"
                raise PlanError(f"to be drawn, analysis {result.row['analysis_id']} needs the option {name}: {said}")
    output, tables_of = as_output(results, title or results[0].row["title"])
    return Figure(drawn(tables_of, [output])[SHOWN])


def tables(*results: Result) -> list[DataFrame]:
    """The report's tables of these results, in the reader's words; `attrs` has `caption` and `notes` of each."""
    import pandas as pd

    made = []
    for table in laid_out(view_of(results)):
        names = [" ".join(filter(None, (column.text, column.detail))) for column in table.columns]
        cells = [[row.label, *(cell.text for cell in row.cells)] for row in table.rows]
        frame = pd.DataFrame([row + [""] * (len(names) - len(row)) for row in cells], columns=names)
        frame.attrs |= {"caption": table.caption, "notes": table.notes}
        made.append(frame)
    return made


def compare(one: Result, other: Result) -> DataFrame:
    """Two results statistic by statistic, in the order of the first.

    Columns: group_level, comparator, variable, variable_level, statistic, method; value, ci_low and ci_high of each
    (`_one`, `_other`; NaN: not estimable); is_equal: all three are the same number, to the last digit. What only one
    of them has is not equal.
    """
    sides = [_keyed(one), _keyed(other)]
    both = sides[0].merge(sides[1], how="outer", on=[*_KEY, "nth"], suffixes=("_one", "_other"), indicator=True)
    equal = both["_merge"] == "both"
    for name in _VALUES:
        left, right = both[f"{name}_one"], both[f"{name}_other"]
        equal &= (left == right) | (left.isna() & right.isna())
    both = both.assign(is_equal=equal).sort_values(["place_one", "place_other"], ignore_index=True)
    return both.drop(columns=["nth", "_merge", "place_one", "place_other"])


def view_of(results: Sequence[Result]) -> View:
    """The results as one output, as tables and figures read them."""
    from cartwright.analysis.report.view import View

    output, tables_of = as_output(results, results[0].row["title"])
    return View(tables_of, [output])


def laid_out(view: View) -> list[Table]:
    """The tables of that output."""
    from cartwright.analysis.report import layouts

    return layouts.of_output(view, SHOWN)


def as_output(results: Sequence[Result], title: str) -> tuple[Row, dict[str, DataFrame]]:
    """One output of these results, and tables in which it stands behind the study's own, whose colours it keeps."""
    import pandas as pd

    study = results[0].study
    own: dict[str, list[DataFrame]] = {name: [] for name in PARTS}
    for number, result in enumerate(results, start=1):
        for name in PARTS:
            named: dict[str, Any] = {"analysis_id": f"{SHOWN}.{number}"}
            if name in ("ard", "analysis"):
                named["output_id"] = SHOWN
            if name == "analysis":
                named |= {"seq": number, "options": json.dumps(_with_form(study, result.row))}
            own[name].append(result.tables[name].assign(**named))
    tables_of = {name: own[name][0] if len(results) == 1 else pd.concat(own[name]) for name in PARTS}
    tables_of["analysis"] = pd.concat([study.results["analysis"], tables_of["analysis"]], ignore_index=True)
    rest = {name: frame for name, frame in study.results.items() if name not in PARTS}
    seq = 1 + max((output["seq"] for output in study.outputs), default=0)
    return {"output_id": SHOWN, "seq": seq, "kind": "figure", "title": title}, {**rest, **tables_of}


def _with_form(study: Study, row: Row) -> dict[str, Any]:
    """The options with a form of figure: that which the study's plan draws this kind in, where the row names none."""
    forms = [other["options"].get("figure") for other in study.analyses() if other["kind"] == row["kind"]]
    form = row["options"].get("figure") or next(filter(None, forms), None)
    return {**row["options"], **({"figure": form} if form else {})}


def _keyed(result: Result) -> DataFrame:
    """Its statistics; `nth` tells rows of one key apart."""
    told = result.ard[[*_KEY, *_VALUES]].copy()
    told[_KEY] = told[_KEY].astype(object).where(told[_KEY].notna(), "")
    told["nth"] = told.groupby(_KEY).cumcount()
    return told.assign(place=range(len(told)))
