"""A measurement over time since infusion: median and quartiles in windows of days, one series a variable.

`options.windows` lists `{day, from_day, to_day}`; a patient counts once a window, with the highest value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.bounds import ends_of, in_part, said_of
from cartwright.analysis.plan.definition import Analysis, Variable, parameter_rows

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.compare import summarise

    for variable in analysis.variables:
        rows = parameter_rows(variable, variable.anchor, analysis.subjects, analysis.datasets)
        for window in analysis.option("windows"):
            inside = rows[rows["days_since_infusion"].between(window["from_day"], window["to_day"])]
            least, greatest = _highest(inside, variable)
            partly, highest = in_part(least, greatest), least.where(least == greatest)
            collect.members(
                analysis,
                highest.dropna().index.union(partly.index, sort=False),
                group_level=variable.anchor,
                variable=variable.name,
                variable_level=str(window["day"]),
            )
            summary = summarise(highest.drop(partly.index), analysis.option("quantiles"), partly.to_numpy())
            for name in ("median", "q1", "q3"):
                collect.statistic(
                    analysis,
                    name,
                    getattr(summary, name),
                    method=f"{summary.method}, highest of the window",
                    n=summary.n,
                    group_level=variable.anchor,
                    variable=variable.name,
                    variable_level=str(window["day"]),
                    flag=said_of(partly, len(highest)) or (None if summary.n else "no patients"),
                )


def _highest(rows: DataFrame, variable: Variable) -> tuple[Series, Series]:
    """Least and greatest that the highest value of each patient can be, scaled."""
    known = rows[rows[variable.column].notna()]
    least, greatest = ends_of(known, variable.column)
    tops = [
        end.fillna(open_end).groupby(known["usubjid"], sort=False).max().mask(lambda top, no=open_end: top == no)
        for end, open_end in ((least, float("-inf")), (greatest, float("inf")))
    ]
    return tops[0] * variable.scale, tops[1] * variable.scale
